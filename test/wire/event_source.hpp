#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a browser makes of an event stream, written down from the standards word by word and for
// whole texts, apart from the parser of this project.

namespace strandbus::test {

/// What an EventSource hands to its page.
struct DispatchedEvent {
  std::string type{};
  std::string data{};
  std::string last_event_id{};

  bool operator==(const DispatchedEvent&) const = default;
};

struct DecodedStream {
  std::vector<DispatchedEvent> events{};
  std::optional<std::uint64_t> reconnection_ms{};

  bool operator==(const DecodedStream&) const = default;
};

/// The decoder of WHATWG Encoding, section 8.1.1, with its error mode "replacement".
class BrowserUtf8 {
 public:
  static std::string decode(std::string_view bytes) {
    BrowserUtf8 decoder;
    for (std::size_t at = 0; at < bytes.size();) {
      if (decoder.take(static_cast<unsigned char>(bytes[at]))) ++at;
    }
    if (decoder.needed_ != 0) decoder.text_ += "\uFFFD";
    return decoder.text_;
  }

 private:
  /// False: the byte has to be looked at once more.
  bool take(unsigned byte) {
    if (needed_ == 0) return take_first(byte);
    if (byte < lower_ || byte > upper_) {
      *this = BrowserUtf8(text_ + "\uFFFD");
      return false;
    }
    lower_ = 0x80;
    upper_ = 0xBF;
    sequence_ += static_cast<char>(byte);
    if (++seen_ == needed_) *this = BrowserUtf8(text_ + sequence_);
    return true;
  }

  bool take_first(unsigned byte) {
    if (byte <= 0x7F) {
      text_ += static_cast<char>(byte);
      return true;
    }
    if (byte >= 0xC2 && byte <= 0xDF) {
      needed_ = 1;
    } else if (byte >= 0xE0 && byte <= 0xEF) {
      if (byte == 0xE0) lower_ = 0xA0;
      if (byte == 0xED) upper_ = 0x9F;
      needed_ = 2;
    } else if (byte >= 0xF0 && byte <= 0xF4) {
      if (byte == 0xF0) lower_ = 0x90;
      if (byte == 0xF4) upper_ = 0x8F;
      needed_ = 3;
    } else {
      text_ += "\uFFFD";
      return true;
    }
    sequence_.assign(1, static_cast<char>(byte));
    return true;
  }

  BrowserUtf8() = default;
  explicit BrowserUtf8(std::string text) : text_(std::move(text)) {}

  std::string text_{};
  std::string sequence_{};
  int needed_ = 0;
  int seen_ = 0;
  unsigned lower_ = 0x80;
  unsigned upper_ = 0xBF;
};

/// WHATWG HTML, section 9.2.6, "Interpreting an event stream", of a stream that has ended.
class BrowserEventSource {
 public:
  static DecodedStream decode(std::string_view bytes) {
    BrowserEventSource source;
    std::string text = BrowserUtf8::decode(bytes);
    if (text.starts_with("\uFEFF")) text.erase(0, std::string_view("\uFEFF").size());
    std::size_t begin = 0;
    for (;;) {
      const std::size_t end = text.find_first_of("\r\n", begin);
      if (end == std::string::npos) break;  // what no line end follows is thrown away
      source.process(text.substr(begin, end - begin));
      begin = text.compare(end, 2, "\r\n") == 0 ? end + 2 : end + 1;
    }
    return source.stream_;
  }

 private:
  void process(const std::string& line) {
    if (line.empty()) return dispatch();
    const std::size_t colon = line.find(':');
    if (colon == 0) return;
    if (colon == std::string::npos) return process(line, "");
    std::string value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.erase(0, 1);
    process(line.substr(0, colon), value);
  }

  void process(const std::string& field, const std::string& value) {
    if (field == "event") {
      type_ = value;
    } else if (field == "data") {
      data_ += value + '\n';
    } else if (field == "id") {
      if (value.find('\0') == std::string::npos) last_event_id_ = value;
    } else if (field == "retry") {
      const bool digits = value.find_first_not_of("0123456789") == std::string::npos;
      if (digits && !value.empty()) stream_.reconnection_ms = std::stoull(value);
    }
  }

  void dispatch() {
    if (!data_.empty()) {
      data_.pop_back();
      stream_.events.push_back({type_.empty() ? "message" : type_, data_, last_event_id_});
    }
    data_.clear();
    type_.clear();
  }

  DecodedStream stream_{};
  std::string type_{};
  std::string data_{};
  std::string last_event_id_{};
};

/// What a page shall get for a text: its characters, NUL as U+FFFD, and LF for every line end.
inline std::string as_it_arrives(std::string_view text) {
  std::string arrived;
  const std::string decoded = BrowserUtf8::decode(text);
  for (std::size_t at = 0; at < decoded.size(); ++at) {
    if (decoded[at] == '\0') {
      arrived += "\uFFFD";
    } else if (decoded[at] != '\r') {
      arrived += decoded[at];
    } else if (at + 1 == decoded.size() || decoded[at + 1] != '\n') {
      arrived += '\n';
    }
  }
  return arrived;
}

}  // namespace strandbus::test
