#include "server/ag_ui_reply.hpp"

#include "server/ag_ui_plan.hpp"
#include "server/chunk_buffer.hpp"
#include "server/json_reply.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/wire/sse_encoder.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{64} * 1024;
constexpr std::size_t tolerated_bytes = std::size_t{16} * 1024;

/// So long nothing must happen before a run that seems to wait for the client is taken to do so.
constexpr std::chrono::milliseconds moment{250};

Timestamp now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

/// Does what is before the answer.
class AgUiOpening {
 public:
  AgUiOpening(HttpContext& context, AgUiInput input)
      : hub_(*context.hub), book_(context.ag_ui), input_(std::move(input)) {}

  asio::awaitable<boost::system::result<AgUiReply, HttpRefusal>> run() {
    auto known = co_await hub_.state(input_.thread_id);
    if (!known && known.error().code != Errc::session_unknown) co_return refusal_for(known.error());
    const auto plan = plan_ag_ui(input_, known ? &*known : nullptr);
    if (!plan) co_return plan.error();
    const auto shown = book_.take(input_.thread_id);
    if (known) after_ = std::min(shown.value_or(known->last_seq), known->last_seq);
    auto refused = co_await prepare(*plan);
    if (refused) co_return *std::move(refused);
    AgUiReply reply;
    reply.over = plan->kind == AgUiPlan::Kind::nothing;
    if (reply.over || plan->kind == AgUiPlan::Kind::go_on)
      reply.window = AgUiWindow(*std::move(known), plan->answered);
    reply.known_results = plan->answered;
    reply.names.thread_id = input_.thread_id;
    reply.names.run_id = input_.run_id;
    reply.after = after_;
    FeedOptions options;
    options.after = after_;
    options.finite = reply.over;
    options.name = "ag-ui";
    auto feed = co_await hub_.feed(input_.thread_id, std::move(options));
    if (!feed) co_return refusal_for(feed.error());
    reply.feed = *std::move(feed);
    co_return reply;
  }

 private:
  asio::awaitable<std::optional<HttpRefusal>> prepare(const AgUiPlan& plan) {
    if (plan.kind == AgUiPlan::Kind::create) {
      auto refused = co_await create();
      if (refused) co_return refused;
    }
    for (const SessionCommand& command : plan.commands) {
      SessionCommand copy = command;
      const auto done = co_await hub_.command(input_.thread_id, std::move(copy));
      if (!done) co_return refusal_for(done.error());
    }
    const bool begins = plan.kind != AgUiPlan::Kind::go_on && plan.kind != AgUiPlan::Kind::nothing;
    if (!begins) co_return std::nullopt;
    const bool anew = plan.kind == AgUiPlan::Kind::begin_anew;
    auto starting =
        hub_.start_run(input_.thread_id, input_.message, anew ? WhenBusy::queue : WhenBusy::refuse,
                       input_.tools, input_.trace_parent);
    const auto started = co_await std::move(starting);
    if (!started) co_return refusal_for(started.error());
    after_ = started->after;
    co_return std::nullopt;
  }

  /// Somebody else may have been faster; then the session goes on, and is busy.
  asio::awaitable<std::optional<HttpRefusal>> create() {
    NewSession wanted;
    wanted.id = input_.thread_id;
    wanted.client = "ag-ui";
    wanted.subject = input_.message;
    wanted.messages = std::move(input_.history);
    const auto created = co_await hub_.create(std::move(wanted));
    if (created || created.error().code == Errc::session_exists) co_return std::nullopt;
    co_return refusal_for(created.error());
  }

  SessionHub& hub_;
  AgUiBook& book_;
  AgUiInput input_;
  std::uint64_t after_ = 0;  // behind which the events are shown
};

class AgUiSender {
 public:
  AgUiSender(HttpSocket& socket, AgUiReply& reply, const FeedSetting& setting)
      : socket_(socket),
        reply_(reply),
        setting_(setting),
        encoder_(reply.names),
        buffer_(setting.chunked ? ChunkBuffer::Framing::chunked : ChunkBuffer::Framing::plain),
        shown_(reply.after) {
    for (const std::string& id : reply.known_results) encoder_.leave_out_result(id);
  }

  /// Reports in the outcome what happens, and never throws: of two coroutines that race, one that
  /// fails does not end the other.
  asio::awaitable<void> run() {
    try {
      co_await send_all();
    } catch (const system_error& failed) {
      if (failed.code() != asio::error::operation_aborted) outcome_.problem = failed.what();
    } catch (const std::exception& failed) {
      outcome_.problem = failed.what();
    }
  }

  FeedOutcome outcome() { return std::move(outcome_); }

  /// The event up to which the run was shown; empty when it has ended.
  std::optional<std::uint64_t> shown() const {
    return waits_ || encoder_.running() ? std::optional(shown_) : std::nullopt;
  }

 private:
  using Waiting = AgUiWindow::Waiting;

  asio::awaitable<void> send_all() {
    encoder_.begin(lines_, now());
    while (encoder_.running() && !gone_) {
      co_await flush();
      if (!gone_) co_await read_batch();
    }
    co_await flush();
    if (gone_) co_return;
    const error_code ec = co_await socket_.write(buffer_.last(), setting_.write_timeout);
    outcome_.complete = !ec;
  }

  asio::awaitable<void> read_batch() {
    const Waiting before = reply_.window.waiting();
    if (before == Waiting::yes) co_return wait_for_client();
    std::vector<FeedItem> items;
    try {
      items = co_await reply_.feed.next(before == Waiting::perhaps ? moment : setting_.keep_alive);
    } catch (const system_error& failed) {
      if (failed.code() != Errc::closed && failed.code() != Errc::session_unknown) throw;
      co_return end();
    }
    if (items.empty() && before == Waiting::perhaps) co_return wait_for_client();
    if (items.empty()) append_sse_comment(buffer_.text());
    for (const FeedItem& item : items) {
      if (!encoder_.running()) break;
      take(item);
      if (lines_.size() < chunk_bytes) continue;
      co_await flush();
      if (gone_) co_return;
    }
  }

  /// Nothing more will come.
  void end() {
    if (reply_.over) return encoder_.wait_for_calls(lines_, now(), {});
    encoder_.fail(lines_, now(), "the session was closed", "closed");
  }

  /// What is no event says that something is missing; what follows is shown as far as it can be.
  void take(const FeedItem& item) {
    if (!item.seq) return;
    shown_ = *item.seq;
    const auto event = decoder_.read(*item.json);
    if (!event) throw system_error(event.error().code, event.error().message);
    const AgUiWindow::Use use = reply_.window.take(*event);
    if (use == AgUiWindow::Use::leave_out) return;
    if (use == AgUiWindow::Use::fail)
      return encoder_.fail(lines_, event->ts(), event->message(), "session");
    encoder_.append(lines_, *event);
  }

  void wait_for_client() {
    waits_ = true;
    const auto interrupts = reply_.window.interrupts();
    if (!interrupts.empty()) return encoder_.interrupt(lines_, now(), interrupts);
    encoder_.wait_for_calls(lines_, now(), reply_.window.calls());
  }

  asio::awaitable<void> flush() {
    frame_lines();
    if (buffer_.empty()) co_return;
    const error_code ec = co_await socket_.write(buffer_.framed(), setting_.write_timeout);
    buffer_.clear();
    gone_ = ec.failed();
    if (ec == Errc::timed_out) outcome_.problem = "the reader takes nothing";
    // What can be written at once waits for nothing: let others have their turn.
    const asio::any_io_executor executor = socket_.get_executor();
    co_await asio::post(executor, asio::use_awaitable);
  }

  void frame_lines() {
    std::string_view rest = lines_;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      append_sse(buffer_.text(), rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    lines_.clear();
  }

  HttpSocket& socket_;
  AgUiReply& reply_;
  const FeedSetting& setting_;
  AgUiEncoder encoder_;
  EventReader decoder_;
  std::string lines_;  // of the encoder, not yet in the buffer
  ChunkBuffer buffer_;
  std::uint64_t shown_;
  bool waits_ = false;  // the run, for the client
  bool gone_ = false;   // the reader, or he is stuck
  FeedOutcome outcome_;
};

}  // namespace

asio::awaitable<boost::system::result<AgUiReply, HttpRefusal>> open_ag_ui(
    std::shared_ptr<HttpContext> context, AgUiInput input) {
  AgUiOpening opening(*context, std::move(input));
  co_return co_await opening.run();
}

asio::awaitable<FeedOutcome> send_ag_ui(std::shared_ptr<HttpContext> context,
                                        std::shared_ptr<HttpSocket> socket, AgUiReply reply,
                                        FeedSetting setting) {
  using namespace asio::experimental::awaitable_operators;
  AgUiSender sender(*socket, reply, setting);
  co_await (sender.run() || socket->wait_for_end(tolerated_bytes));
  if (const auto shown = sender.shown()) context->ag_ui.put(reply.names.thread_id, *shown);
  co_return sender.outcome();
}

}  // namespace strandbus::detail
