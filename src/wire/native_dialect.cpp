#include "strandbus/event/json_codec.hpp"
#include "wire/dialects.hpp"

namespace strandbus::detail {
namespace {

class NativeDialect final : public Dialect {
 public:
  void append(std::string& out, const StreamEvent& event) override {
    append_json(out, event);
    out += '\n';
  }
};

}  // namespace

std::unique_ptr<Dialect> make_native_dialect() { return std::make_unique<NativeDialect>(); }

}  // namespace strandbus::detail
