#include "wire/ag_ui_encoder.hpp"
#include "wire/dialects.hpp"

namespace strandbus::detail {
namespace {

class AgUiDialect final : public Dialect {
 public:
  void append(std::string& out, const StreamEvent& event) override { encoder_.append(out, event); }

 private:
  AgUiEncoder encoder_;
};

}  // namespace

std::unique_ptr<Dialect> make_ag_ui_dialect() { return std::make_unique<AgUiDialect>(); }

}  // namespace strandbus::detail
