#include "cli/dialect_source.hpp"

#include "store/line_reader.hpp"
#include "strandbus/wire/dialect_decoder.hpp"

#include <boost/assert.hpp>

#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <sys/stat.h>
#include <utility>
#include <variant>

namespace strandbus::cli {
namespace {

class DialectSource final : public SessionSource {
 public:
  DialectSource(std::string path, detail::FileDescriptor file, const std::string& dialect)
      : path_(std::move(path)),
        lines_(std::move(file), SessionLimits{}.max_line_bytes),
        decoder_(make_dialect_decoder(dialect)) {
    BOOST_ASSERT(decoder_);
  }

  /// Reads up to the first event, which says what session it is.
  std::optional<SessionError> begin() {
    if (auto error = fill()) return error;
    if (records_.empty()) return std::nullopt;
    const auto& first = std::get<StreamEvent>(records_.front());
    metadata_.session_id = first.session_id();
    metadata_.created_at = first.ts();
    metadata_.model = first.model_id();
    if (const auto* const started = first.get_if<RunStarted>()) {
      metadata_.provider = started->provider;
      metadata_.model = started->model;
    }
    return std::nullopt;
  }

  const SessionMetadata& metadata() const noexcept override { return metadata_; }

  SessionResult<std::optional<SessionRecord>> next() override {
    if (auto error = fill()) return *std::move(error);
    if (records_.empty()) return std::optional<SessionRecord>();
    std::optional<SessionRecord> record = std::move(records_.front());
    records_.pop_front();
    return record;
  }

  std::size_t line() const noexcept override { return line_; }
  const std::optional<TornLine>& torn() const noexcept override { return torn_; }

 private:
  using Step = detail::LineReader::Step;

  /// Reads lines until there is a record, or none to come.
  std::optional<SessionError> fill() {
    while (records_.empty() && !ended_) {
      const Step step = lines_.next();
      if (step == Step::failed)
        return SessionError{lines_.error(), 0, {}, path_ + ": " + lines_.error().message()};
      ended_ = step == Step::end || step == Step::torn;
      DialectEvents events;
      if (step != Step::end) {
        line_ = lines_.number();
        events = decoder_->read(lines_.text());
        if (!events && step == Step::torn) return cut_off();
        if (!events) return faulty(events.error());
        keep(*std::move(events));
      }
      if (!ended_) continue;
      events = decoder_->finish();
      if (!events) return faulty(events.error());
      keep(*std::move(events));
    }
    return std::nullopt;
  }

  /// The message of an event that commits one comes behind it, as from every source.
  void keep(std::vector<StreamEvent> events) {
    for (StreamEvent& event : events) {
      const auto* const commit = event.get_if<MessageCommitted>();
      std::optional<StoredMessage> message;
      if (commit && event.context().depth <= 0)
        message = StoredMessage{commit->message, event.ts()};
      records_.emplace_back(std::move(event));
      if (message) records_.emplace_back(*std::move(message));
    }
  }

  /// Whoever wrote the last line was interrupted.
  std::optional<SessionError> cut_off() {
    const std::size_t bytes = lines_.text().size();
    torn_ =
        TornLine{line_, bytes, false,
                 path_ + ':' + std::to_string(line_) + ": the last line is cut off after byte " +
                     std::to_string(bytes) + " and was left out"};
    return std::nullopt;
  }

  SessionError faulty(const DialectError& error) const {
    return {error.code, error.line, {}, path_ + ": " + error.message};
  }

  const std::string path_;
  detail::LineReader lines_;
  const std::unique_ptr<DialectDecoder> decoder_;
  SessionMetadata metadata_;
  std::deque<SessionRecord> records_;
  std::size_t line_ = 0;
  bool ended_ = false;
  std::optional<TornLine> torn_;
};

}  // namespace

OpenedSource open_dialect_source(const std::string& path, const std::string& dialect) {
  // Not blocking, so that a pipe without a writer does not hold us up; a file does not care.
  detail::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    const error_code code(errno, boost::system::system_category());
    return SessionError{code, 0, {}, path + ": " + code.message()};
  }
  if (!S_ISREG(status.st_mode))
    return SessionError{
        make_error_code(Errc::invalid_file), 0, {}, path + ": it is no regular file"};
  auto source = std::make_unique<DialectSource>(path, std::move(file), dialect);
  if (auto error = source->begin()) return *std::move(error);
  return std::unique_ptr<SessionSource>(std::move(source));
}

}  // namespace strandbus::cli
