#pragma once

#include "report/chart.hpp"

#include <span>
#include <string>
#include <string_view>

namespace strandbus::bench {

/// The panels as an SVG picture on a ground of its own, light or dark as the reader's system is.
/// `footnote` says where the figures come from.
std::string render_svg(std::span<const Panel> panels, std::string_view footnote);

}  // namespace strandbus::bench
