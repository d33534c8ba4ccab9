#include "cli/json_view.hpp"

#include "strandbus/sink/terminal_text.hpp"

#include <boost/assert.hpp>

namespace strandbus::cli {
namespace {

constexpr std::size_t flush_bytes = std::size_t{64} * 1024;

}  // namespace

JsonView::JsonView(Console& console, std::string_view dialect)
    : console_(console), dialect_(make_dialect(dialect)) {
  BOOST_ASSERT(dialect_);
}

void JsonView::show(const StreamEvent& event) {
  dialect_->append(lines_, event);
  if (lines_.size() >= flush_bytes) flush();
}

void JsonView::flush() {
  if (lines_.empty()) return;
  console_.out(lines_);
  lines_.clear();
}

void JsonView::note(std::string_view text) {
  flush();
  console_.err("strandbus: " + terminal_safe_line(text) + "\n");
}

}  // namespace strandbus::cli
