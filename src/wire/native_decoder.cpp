#include "wire/dialect_decoders.hpp"

#include <optional>
#include <utility>

namespace strandbus::detail {
namespace {

/// The events as they are: nothing is put in.
class NativeDecoder final : public DialectDecoder {
 public:
  explicit NativeDecoder(const DialectDecoderOptions& options) : reader_(options.limits) {}

  DialectEvents read(std::string_view line) override {
    if (failed_) return *failed_;
    ++line_;
    std::vector<StreamEvent> events;
    if (line.find_first_not_of(" \t\r\n") == std::string_view::npos) return events;
    auto event = reader_.read(line);
    if (event) {
      events.push_back(*std::move(event));
      return events;
    }
    DialectError error;
    error.code = event.error().code;
    error.line = line_;
    error.message = "line " + std::to_string(line_) + ": " + event.error().message;
    failed_ = error;
    return error;
  }

  DialectEvents finish() override {
    if (failed_) return *failed_;
    return std::vector<StreamEvent>();
  }

  std::size_t line() const noexcept override { return line_; }

 private:
  EventReader reader_;
  std::size_t line_ = 0;
  std::optional<DialectError> failed_;
};

}  // namespace

std::unique_ptr<DialectDecoder> make_native_decoder(DialectDecoderOptions options) {
  return std::make_unique<NativeDecoder>(options);
}

}  // namespace strandbus::detail
