#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What is whole in the first bytes of an answer, by decoders that know nothing of the project's
// own: RFC 9112 section 7.1, WHATWG HTML section 9.2.6, RFC 6455 section 5.2.

namespace strandbus::testing {

/// One event of a stream, or one message of a WebSocket, which has no id.
struct CutMessage {
  std::string id;
  std::string data;
};

/// Takes the bytes of one connection as they come, and gives what is whole.
///
/// Threads: distinct objects.
class CutStream {
 public:
  virtual ~CutStream() = default;

  std::vector<CutMessage> take(std::string_view bytes) {
    buffer_ += bytes;
    std::vector<CutMessage> messages;
    if (status_.empty() && !take_head()) return messages;
    take_body(messages);
    return messages;
  }
  /// "200" or what else was answered; empty before.
  const std::string& status() const { return status_; }

 protected:
  virtual void take_body(std::vector<CutMessage>& messages) = 0;
  std::string buffer_;

 private:
  bool take_head() {
    const std::size_t end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    status_ = buffer_.substr(9, 3);
    buffer_.erase(0, end + 4);
    return true;
  }

  std::string status_;
};

/// Server-sent events in chunks.
class CutEvents final : public CutStream {
 private:
  void take_body(std::vector<CutMessage>& messages) override {
    while (take_chunk()) {
    }
    for (std::size_t end = 0; (end = text_.find("\n\n")) != std::string::npos;) {
      take_event(text_.substr(0, end + 1), messages);
      text_.erase(0, end + 2);
    }
  }

  /// Takes what is there of a chunk, whole or not.
  bool take_chunk() {
    if (left_ == 0) {
      const std::size_t end = buffer_.find("\r\n");
      if (end == std::string::npos) return false;
      left_ = std::stoul(buffer_.substr(0, end), nullptr, 16);
      buffer_.erase(0, end + 2);
      if (left_ == 0) return false;
      left_ += 2;  // its line end
    }
    const std::size_t there = left_ < buffer_.size() ? left_ : buffer_.size();
    const std::size_t text = left_ > 2 ? left_ - 2 : 0;
    text_.append(buffer_, 0, text < there ? text : there);
    buffer_.erase(0, there);
    left_ -= there;
    return there > 0;
  }

  static void take_event(const std::string& event, std::vector<CutMessage>& messages) {
    CutMessage message;
    for (std::size_t at = 0; at < event.size();) {
      const std::size_t end = event.find('\n', at);
      const std::string line = event.substr(at, end - at);
      if (line.starts_with("id: ")) message.id = line.substr(4);
      if (line.starts_with("data: ")) message.data += line.substr(6);
      at = end + 1;
    }
    if (!message.data.empty()) messages.push_back(std::move(message));
  }

  std::size_t left_ = 0;  ///< of the chunk
  std::string text_;
};

/// The messages of a WebSocket.
class CutFrames final : public CutStream {
 private:
  void take_body(std::vector<CutMessage>& messages) override {
    while (const auto head = head_of(buffer_)) {
      if (buffer_.size() < head->size + head->payload) return;
      if (head->opcode <= 2) {  // text, binary, and what continues them
        message_.append(buffer_, head->size, head->payload);
        if (head->last) messages.push_back({{}, std::move(message_)});
        if (head->last) message_.clear();
      }
      buffer_.erase(0, head->size + head->payload);
    }
  }

  struct Head {
    bool last;
    int opcode;
    std::size_t size;
    std::size_t payload;
  };

  static std::optional<Head> head_of(const std::string& bytes) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    if (bytes.size() < 2) return std::nullopt;
    Head head{(byte(0) & 0x80) != 0, byte(0) & 0x0F, 2, byte(1) & 0x7FU};
    const std::size_t more = head.payload == 126 ? 2 : head.payload == 127 ? 8 : 0;
    if (bytes.size() < 2 + more) return std::nullopt;
    if (more > 0) head.payload = 0;
    for (std::size_t i = 0; i < more; ++i) head.payload = head.payload << 8 | byte(2 + i);
    head.size += more;
    return head;
  }

  std::string message_;
};

}  // namespace strandbus::testing
