#include "report/svg.hpp"

#include "report/text.hpp"

#include <algorithm>

namespace strandbus::bench {

namespace {

// Pixels.
constexpr int margin = 28;
constexpr int gap = 36;
constexpr int panel_width = 430;
constexpr int panel_head = 30;
constexpr int bar_step = 24;
constexpr int bar_height = 14;
constexpr int label_width = 178;
constexpr int value_width = 62;
constexpr int head_height = 96;
constexpr int foot_height = 52;
constexpr int width = 2 * margin + 2 * panel_width + gap;

constexpr std::string_view style =
    "<style>\n"
    "  text { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif;"
    " font-size: 13px; fill: #3d4450; }\n"
    "  .ground { fill: #ffffff; stroke: #d8dde4; }\n"
    "  .title { font-size: 19px; font-weight: 600; fill: #14181f; }\n"
    "  .head { font-size: 14px; font-weight: 600; fill: #14181f; }\n"
    "  .small { font-size: 12px; fill: #667080; }\n"
    "  .ours { fill: #0b7a75; }\n"
    "  .peer { fill: #aab4c0; }\n"
    "  .track { fill: #f0f2f5; }\n"
    "  text.ours { font-weight: 600; }\n"
    "  .value { text-anchor: end; }\n"
    "  @media (prefers-color-scheme: dark) {\n"
    "    text { fill: #c3cad4; }\n"
    "    .ground { fill: #12161c; stroke: #2c333d; }\n"
    "    .title, .head { fill: #f1f4f8; }\n"
    "    .small { fill: #939dab; }\n"
    "    .ours { fill: #3fc1b5; }\n"
    "    .peer { fill: #5a6573; }\n"
    "    .track { fill: #1d232b; }\n"
    "  }\n"
    "</style>\n";

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += c;
    }
  }
  return result;
}

std::string text_at(int x, int y, std::string_view css, std::string_view text) {
  return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" class=\"" +
         std::string(css) + "\">" + escaped(text) + "</text>\n";
}

std::string box_at(int x, int y, int wide, int high, std::string_view css, int radius) {
  return "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" width=\"" +
         std::to_string(wide) + "\" height=\"" + std::to_string(high) + "\" rx=\"" +
         std::to_string(radius) + "\" class=\"" + std::string(css) + "\"/>\n";
}

int height_of(const Panel& panel) { return panel_head + int(panel.bars.size()) * bar_step; }

std::string render_bar(const Bar& bar, double longest, int x, int y) {
  constexpr int room = panel_width - label_width - value_width;
  const int length = std::max(2, int(bar.value / longest * room));
  const std::string_view css = bar.is_ours ? "ours" : "peer";
  const int baseline = y + bar_height - 2;
  std::string text = text_at(x, baseline, bar.is_ours ? "ours" : "", bar.label);
  text += box_at(x + label_width, y, room, bar_height, "track", 3);
  text += box_at(x + label_width, y, length, bar_height, css, 3);
  text += text_at(x + panel_width, baseline, bar.is_ours ? "ours value" : "value",
                  three_digits(bar.value / 1e6));
  return text;
}

std::string render_panel(const Panel& panel, int x, int y) {
  double longest = 0;
  for (const Bar& bar : panel.bars) longest = std::max(longest, bar.value);
  std::string text = text_at(x, y + 14, "head", panel.title);
  for (std::size_t i = 0; i < panel.bars.size(); ++i)
    text += render_bar(panel.bars[i], longest, x, y + panel_head + int(i) * bar_step);
  return text;
}

}  // namespace

std::string render_svg(std::span<const Panel> panels, std::string_view footnote) {
  std::string body;
  int y = head_height;
  for (std::size_t i = 0; i < panels.size(); i += 2) {
    int high = height_of(panels[i]);
    body += render_panel(panels[i], margin, y);
    if (i + 1 < panels.size()) {
      high = std::max(high, height_of(panels[i + 1]));
      body += render_panel(panels[i + 1], margin + panel_width + gap, y);
    }
    y += high + gap - 8;
  }
  const int height = y + foot_height - gap + 8;
  const std::string size = std::to_string(width) + " " + std::to_string(height);
  std::string text = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size +
                     "\" width=\"" + std::to_string(width) + "\" height=\"" +
                     std::to_string(height) + "\" role=\"img\">\n";
  text += "<title>strandbus beside its peers: million deliveries a second</title>\n";
  text += style;
  text += "<rect x=\"0.5\" y=\"0.5\" width=\"" + std::to_string(width - 1) + "\" height=\"" +
          std::to_string(height - 1) + "\" rx=\"10\" class=\"ground\"/>\n";
  text += text_at(margin, 42, "title", "From one publisher to its readers");
  text += text_at(margin, 66, "small",
                  "Million deliveries a second, nothing lost; longer is better. Each panel has its "
                  "own scale.");
  text += body;
  text += text_at(margin, height - 22, "small", footnote);
  return text + "</svg>\n";
}

}  // namespace strandbus::bench
