#include "store/session_index.hpp"

#include "event/json_parser.hpp"
#include "store/event_line.hpp"
#include "store/line_reader.hpp"
#include "store/session_lines.hpp"
#include "store/store_error.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

namespace strandbus::detail {
namespace {

constexpr std::string_view message_prefix = R"({"_type":"message",)";
constexpr std::string_view event_overhead = R"("_type":"event",)";

enum class LineKind : std::uint8_t { event, message, unknown };

/// What a line is that does not begin as event lines do; one that is broken counts as an event.
LineKind kind_of_line(std::string_view line) {
  if (line.starts_with(message_prefix)) return LineKind::message;
  const SessionLimits limits;
  LineDecoder decoder({limits.max_line_bytes, limits.max_depth});
  const auto decoded = decoder.decode(line);
  if (!decoded || std::holds_alternative<StreamEvent>(*decoded)) return LineKind::event;
  return std::holds_alternative<UnknownLine>(*decoded) ? LineKind::unknown : LineKind::message;
}

}  // namespace

void EventPlaces::put(LinePlace line, State state) {
  places_.push_back({line, state});
  if (state == State::whole) {
    bytes_ += line.size - event_overhead.size();
  } else {
    ++faults_;
  }
}

void EventPlaces::add(LinePlace place, std::optional<std::uint64_t> seq) {
  const std::uint64_t said = seq.value_or(0);
  const std::uint64_t before = std::exchange(said_, said);
  if (places_.empty()) {
    first_ = std::max(said, std::uint64_t{1});
    if (said == 2 && unknown_) {
      first_ = 1;
      put(*unknown_, State::damaged);
    }
    return put(place, said != 0 ? State::whole : State::damaged);
  }
  const std::uint64_t expected = last_seq() + 1;
  if (said == expected) return put(place, State::whole);
  if (places_.size() == 1 && said == 2 && places_.back().state == State::whole) {
    // A session mostly begins with 1: then it is the line before that says something wrong.
    const LinePlace wrong = places_.back().line;
    *this = EventPlaces();
    put(wrong, State::damaged);
    said_ = said;
    return put(place, State::whole);
  }
  if (before == 0 || said != before + 1 || said <= expected ||
      said - expected > places_.size() + 4096)
    return put(place, State::damaged);
  // The line before was right after all.
  const LinePlace right = places_.back().line;
  places_.pop_back();
  --faults_;
  while (last_seq() + 1 < before) put({}, State::missing);
  put(right, State::whole);
  put(place, State::whole);
}

std::optional<StoreError> SessionIndex::extend(const std::string& path, const std::string& id,
                                               std::uint64_t size) {
  if (size <= size_ && has_metadata_) return std::nullopt;
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file || ::lseek(file.get(), static_cast<off_t>(size_), SEEK_SET) < 0)
    return system_store_error("read the session file", path);
  LineReader lines(std::move(file), SessionLimits{}.max_line_bytes);
  for (;;) {
    const LineReader::Step step = lines.next();
    if (step == LineReader::Step::failed) return damaged_session(path, id, lines.error().message());
    if (step != LineReader::Step::line || size_ + lines.text().size() + 1 > size) break;
    if (auto error = add(lines.text(), path, id)) return error;
    size_ += lines.text().size() + 1;
  }
  if (has_metadata_) return std::nullopt;
  return damaged_session(path, id, "the file does not begin with the metadata of a session");
}

std::optional<StoreError> SessionIndex::add(std::string_view line, const std::string& path,
                                            const std::string& id) {
  if (!has_metadata_) {
    auto metadata = decode_metadata(line, {});
    if (!metadata) return damaged_session(path, id, metadata.error().message);
    metadata_ = *std::move(metadata);
    metadata_.session_id = id;
    has_metadata_ = true;
    return std::nullopt;
  }
  const LinePlace place{size_, line.size()};
  if (is_event_line(line)) {
    events_.add(place, seq_of_event(json_of_line(line)));
    return std::nullopt;
  }
  const LineKind kind = kind_of_line(line);
  if (kind == LineKind::event) events_.add(place, std::nullopt);
  if (kind == LineKind::unknown) events_.add_unknown(place);
  return std::nullopt;
}

std::size_t line_number(int file, std::uint64_t offset) {
  constexpr std::uint64_t piece = std::uint64_t{64} * 1024;
  std::size_t number = 1;
  for (std::uint64_t at = 0; at < offset; at += piece) {
    const std::string text = read_piece(file, {at, std::min(piece, offset - at)});
    number += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  return number;
}

std::string read_piece(int file, LinePlace place) {
  std::string text(place.size, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::pread(file, text.data() + done, text.size() - done,
                                  static_cast<off_t>(place.offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  text.resize(done);
  return text;
}

}  // namespace strandbus::detail
