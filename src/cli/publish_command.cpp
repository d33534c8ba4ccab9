#include "cli/publish_command.hpp"

#include "cli/console.hpp"
#include "cli/follow_target.hpp"
#include "cli/input_reader.hpp"
#include "cli/interrupts.hpp"
#include "cli/server_access.hpp"
#include "cli/trace_lines.hpp"
#include "cli/usage_error.hpp"
#include "file_descriptor.hpp"
#include "server/event_sender.hpp"
#include "sink/amounts.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <cstdint>
#include <exception>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace strandbus::cli {
namespace {

/// Where the events come from.
class Source {
 public:
  explicit Source(const std::string& file) : name_(file == "-" ? "standard input" : file) {
    if (file == "-") return;
    file_ = detail::FileDescriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file_) throw UsageError("cannot read " + name_ + ": " + error_text(errno));
  }

  const std::string& name() const noexcept { return name_; }
  int descriptor() const noexcept { return file_ ? file_.get() : STDIN_FILENO; }
  /// Whether all of it is there already.
  bool is_whole() const noexcept {
    struct stat status {};
    return ::fstat(descriptor(), &status) == 0 && S_ISREG(status.st_mode);
  }

 private:
  static std::string error_text(int error) {
    return error_code(error, boost::system::system_category()).message();
  }

  std::string name_;
  detail::FileDescriptor file_;
};

/// Sends what comes from a source to a session, until the source ends.
///
/// Threads: that of the context.
class Upload {
 public:
  struct Setup {
    PublishTarget target{};
    detail::HttpClientOptions client{};
    std::string token{};
  };

  Upload(asio::io_context& context, const Source& source, Setup setup)
      : context_(context),
        name_(source.name()),
        looks_first_(source.is_whole()),
        target_(std::move(setup.target)),
        client_(std::move(setup.client)),
        sender_(client_, sender_options(target_, std::move(setup.token))),
        lines_(source.name()),
        changed_(context),
        input_(context, source.descriptor(),
               [this](const error_code& failure, const std::string& piece) {
                 on_piece(failure, piece);
               }) {}

  template <class OnEnd>
  void start(OnEnd on_end) {
    asio::co_spawn(context_, run(),
                   asio::bind_cancellation_slot(cancel_.slot(),
                                                [this, on_end](const std::exception_ptr& failure) {
                                                  if (failure && !stopped_)
                                                    std::rethrow_exception(failure);
                                                  on_end();
                                                }));
  }
  void stop() {
    stopped_ = true;
    cancel_.emit(asio::cancellation_type::terminal);
  }

  /// Says what came of it.
  ExitCode report() const;

 private:
  static detail::SenderOptions sender_options(const PublishTarget& target, std::string token) {
    detail::SenderOptions options;
    options.sessions = target.sessions;
    options.token = std::move(token);
    options.on_lost = [](std::string_view why) {
      say("not connected: " + std::string(why) + "; trying again");
    };
    options.on_found = [] { say("connected again"); };
    return options;
  }

  asio::awaitable<void> run();
  asio::awaitable<bool> make_session();
  asio::awaitable<void> until_something_came();
  asio::awaitable<void> until_due();
  bool unsound() const noexcept { return !lines_.fault().empty() || !unreadable_.empty(); }
  bool take(const detail::SendResult& result, const TraceLines::Part& part);
  void on_piece(const error_code& failure, const std::string& piece);
  void ask();

  asio::io_context& context_;
  const std::string name_;
  const bool looks_first_;  // a session that would stay empty is not made
  PublishTarget target_;
  detail::HttpClient client_;
  detail::EventSender sender_;
  TraceLines lines_;
  asio::steady_timer changed_;
  asio::cancellation_signal cancel_;
  std::string refused_;     // by the server
  std::string unreadable_;  // the source
  std::uint64_t accepted_ = 0;
  std::uint64_t repeated_ = 0;
  bool asked_ = false;
  bool stopped_ = false;
  InputReader input_;
};

asio::awaitable<void> Upload::run() {
  if (target_.session_id.empty()) {
    if (looks_first_) co_await until_something_came();
    if (lines_.empty() && unsound()) co_return;
    const bool made = co_await make_session();
    if (!made) co_return;
  }
  for (bool more = true; more;) {
    ask();
    co_await until_due();
    if (lines_.empty()) co_return;
    TraceLines::Part part = lines_.take(TraceLines::Clock::now());
    ask();
    std::string id = target_.session_id;
    const detail::SendResult result =
        co_await sender_.async_send(std::move(id), std::move(part.body));
    more = take(result, part);
  }
}

/// Waits for the first event, or for the end.
asio::awaitable<void> Upload::until_something_came() {
  for (ask(); lines_.empty() && !lines_.at_end(); ask()) {
    changed_.expires_at(TraceLines::Clock::time_point::max());
    co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

/// Makes the session that is wanted, and says where it is.
asio::awaitable<bool> Upload::make_session() {
  detail::CreateResult made = co_await sender_.async_create("strandbus publish");
  if (made.session_id.empty()) {
    refused_ = "cannot make a session: " + made.why;
    co_return false;
  }
  target_.session_id = std::move(made.session_id);
  const detail::Url& url = target_.sessions;
  static_cast<void>(write_all(STDOUT_FILENO, url.scheme + "://" + url.authority() + url.target +
                                                 '/' + target_.session_id + '\n'));
  co_return true;
}

/// Waits for events that must go out now, or for the end.
asio::awaitable<void> Upload::until_due() {
  while (!(lines_.empty() && lines_.at_end()) && TraceLines::Clock::now() < lines_.due()) {
    changed_.expires_at(lines_.due());
    co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
    ask();
  }
}

/// Whether to go on.
bool Upload::take(const detail::SendResult& result, const TraceLines::Part& part) {
  accepted_ += result.accepted;
  repeated_ += result.repeated;
  if (result.taken) return true;
  refused_ = "cannot publish";
  std::string_view why = result.why;
  if (result.line > 0 && result.line <= part.lines.size()) {
    refused_ += ' ' + lines_.place(part.lines[result.line - 1]);
    // The number within the request means nothing to anybody here.
    const std::string own = "line " + std::to_string(result.line) + ": ";
    if (why.starts_with(own)) why.remove_prefix(own.size());
  }
  refused_.append(": ").append(why);
  return false;
}

void Upload::ask() {
  if (asked_ || !lines_.hungry()) return;
  asked_ = true;
  input_.ask();
}

void Upload::on_piece(const error_code& failure, const std::string& piece) {
  asked_ = false;
  const auto now = TraceLines::Clock::now();
  if (failure) unreadable_ = "cannot read " + name_ + ": " + failure.message();
  if (piece.empty()) {
    lines_.finish(now);
  } else {
    lines_.feed(piece, now);
  }
  changed_.cancel();
}

ExitCode Upload::report() const {
  say(detail::counted(static_cast<std::int64_t>(accepted_), "event") + " accepted, " +
      std::to_string(repeated_) + (repeated_ == 1 ? " was" : " were") + " there already");
  if (!refused_.empty()) say(refused_);
  if (!lines_.fault().empty()) say("cannot publish " + lines_.fault());
  if (!unreadable_.empty()) say(unreadable_);
  if (!refused_.empty()) return ExitCode::failed;
  if (unsound()) return ExitCode::usage;
  return stopped_ ? ExitCode::cancelled : ExitCode::done;
}

}  // namespace

ExitCode publish_command(const PublishArguments& arguments, ProcessEnvironment& environment) {
  Upload::Setup setup;
  setup.target = publish_target(arguments.url, arguments.create);
  setup.token = take_client_token(arguments.token_file, environment);
  setup.client = client_options(environment);
  const Source source(arguments.file);
  asio::io_context context(1);
  Upload upload(context, source, std::move(setup));
  Interrupts interrupts(context, [&](int) {
    upload.stop();
    return true;
  });
  upload.start([&] { interrupts.stop(); });
  context.run();
  return upload.report();
}

}  // namespace strandbus::cli
