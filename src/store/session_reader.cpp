#include "strandbus/store/session_reader.hpp"

#include "store/line_reader.hpp"
#include "store/session_lines.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <utility>

namespace strandbus {
namespace {

using detail::LineReader;

SessionError file_error(const std::string& path, error_code code, const std::string& what) {
  return {code, 0, {}, "cannot read the session file " + path + ": " + what};
}

SessionError line_error(const std::string& path, std::size_t line, error_code code,
                        const std::string& what) {
  return {code, line, {}, path + ':' + std::to_string(line) + ": " + what};
}

SessionError line_error(const std::string& path, std::size_t line, const DecodeError& error) {
  SessionError result = line_error(path, line, error.code, error.message);
  result.pointer = error.pointer;
  return result;
}

SessionResult<detail::FileDescriptor> open_file(const std::string& path) {
  // Not blocking, so that a pipe without a writer does not hold us up; a file does not care.
  detail::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    const error_code code(errno, boost::system::system_category());
    return file_error(path, code, code.message());
  }
  if (S_ISREG(status.st_mode)) return file;
  return file_error(path, make_error_code(Errc::invalid_file), "it is no regular file");
}

}  // namespace

namespace detail {

/// The state behind a SessionReader.
class SessionScan {
 public:
  SessionScan(std::string path, FileDescriptor file, const SessionLimits& limits)
      : path_(std::move(path)),
        limits_{limits.max_line_bytes, limits.max_depth},
        lines_(std::move(file), limits.max_line_bytes),
        decoder_(limits_) {}

  std::optional<SessionError> read_metadata() {
    const LineReader::Step step = lines_.next();
    if (step == LineReader::Step::failed) return reading_error();
    if (step == LineReader::Step::end)
      return file_error(path_, make_error_code(Errc::invalid_file), "it is empty");
    auto metadata = decode_metadata(lines_.text(), limits_);
    if (metadata) {
      if (step == LineReader::Step::torn) report_torn(true);
      metadata_ = *std::move(metadata);
      return std::nullopt;
    }
    SessionError error = line_error(path_, 1, metadata.error());
    error.code = make_error_code(Errc::invalid_file);
    error.message += "; a session file begins with its metadata";
    return error;
  }

  SessionResult<std::optional<SessionRecord>> next() {
    while (!ended_) {
      const LineReader::Step step = lines_.next();
      if (step == LineReader::Step::failed) return fail(reading_error());
      if (step == LineReader::Step::end) break;
      const bool has_end = step == LineReader::Step::line;
      auto decoded = decoder_.decode(lines_.text());
      if (!has_end) report_torn(decoded.has_value());
      if (!decoded) {
        // What is cut off is never JSON; what is JSON was not cut off, and has to be right.
        if (!has_end && decoded.error().code == Errc::malformed_json) break;
        return fail(line_error(path_, lines_.number(), decoded.error()));
      }
      if (auto* event = std::get_if<StreamEvent>(&*decoded)) {
        return std::optional<SessionRecord>(std::move(*event));
      }
      if (auto* message = std::get_if<StoredMessage>(&*decoded)) {
        return std::optional<SessionRecord>(std::move(*message));
      }
      ++skipped_;
    }
    ended_ = true;
    return std::optional<SessionRecord>();
  }

  const SessionMetadata& metadata() const noexcept { return metadata_; }
  std::size_t line() const noexcept { return lines_.number(); }
  std::size_t line_bytes() const noexcept { return lines_.text().size(); }
  const std::optional<TornLine>& torn() const noexcept { return torn_; }
  std::uint64_t skipped() const noexcept { return skipped_; }
  const std::string& path() const noexcept { return path_; }

 private:
  SessionError fail(SessionError error) {
    ended_ = true;
    return error;
  }

  SessionError reading_error() const {
    if (lines_.error() != Errc::limit_exceeded)
      return file_error(path_, lines_.error(), lines_.error().message());
    return line_error(path_, lines_.number(), lines_.error(),
                      "the line is longer than " + std::to_string(limits_.max_bytes) + " bytes");
  }

  void report_torn(bool whole) {
    TornLine torn{lines_.number(), lines_.text().size(), whole, {}};
    torn.message =
        path_ + ':' + std::to_string(torn.line) + ": the last line " +
        (whole ? "has no line end; it was read all the same"
               : "is cut off after byte " + std::to_string(torn.bytes) + " and was left out");
    torn_ = std::move(torn);
  }

  const std::string path_;
  const DecodeLimits limits_;
  LineReader lines_;
  LineDecoder decoder_;
  SessionMetadata metadata_;
  std::optional<TornLine> torn_;
  std::uint64_t skipped_ = 0;
  bool ended_ = false;
};

}  // namespace detail

SessionResult<SessionReader> SessionReader::open(const std::string& path,
                                                 const SessionLimits& limits) {
  auto file = open_file(path);
  if (!file) return std::move(file).error();
  auto scan = std::make_unique<detail::SessionScan>(path, std::move(*file), limits);
  if (auto error = scan->read_metadata()) return *std::move(error);
  return SessionReader(std::move(scan));
}

SessionReader::SessionReader(std::unique_ptr<detail::SessionScan> scan) noexcept
    : scan_(std::move(scan)) {}
SessionReader::SessionReader(SessionReader&&) noexcept = default;
SessionReader& SessionReader::operator=(SessionReader&&) noexcept = default;
SessionReader::~SessionReader() = default;

const SessionMetadata& SessionReader::metadata() const noexcept { return scan_->metadata(); }

SessionResult<std::optional<SessionRecord>> SessionReader::next() { return scan_->next(); }

std::size_t SessionReader::line() const noexcept { return scan_->line(); }

const std::optional<TornLine>& SessionReader::torn() const noexcept { return scan_->torn(); }

std::uint64_t SessionReader::skipped() const noexcept { return scan_->skipped(); }

SessionResult<Session> load_session(const std::string& path, const SessionLimits& limits) {
  auto file = open_file(path);
  if (!file) return std::move(file).error();
  detail::SessionScan scan(path, std::move(*file), limits);
  if (auto error = scan.read_metadata()) return *std::move(error);
  Session session;
  session.metadata = scan.metadata();
  for (std::size_t bytes = 0;;) {
    auto record = scan.next();
    if (!record) return std::move(record).error();
    if (!*record) break;
    bytes += scan.line_bytes();
    if (bytes > limits.max_total_bytes) {
      return line_error(path, scan.line(), make_error_code(Errc::limit_exceeded),
                        "the session is larger than " + std::to_string(limits.max_total_bytes) +
                            " bytes; read it line by line");
    }
    if (auto* event = std::get_if<StreamEvent>(&**record)) {
      session.events.push_back(std::move(*event));
    } else {
      session.messages.push_back(std::get<StoredMessage>(std::move(**record)));
    }
  }
  session.torn = scan.torn();
  session.skipped = scan.skipped();
  return session;
}

}  // namespace strandbus
