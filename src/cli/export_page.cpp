#include "cli/export_page.hpp"

#include "server/digest.hpp"
#include "server/viewer_files.hpp"

#include <algorithm>
#include <stdexcept>

namespace strandbus::cli {
namespace {

using detail::viewer_text;
using detail::ViewerFile;

/// How a browser knows a text that the policy allows (CSP 3, section 2.3.1).
std::string source_of(std::string_view text) {
  return "'sha256-" + detail::to_base64(detail::sha256(text)) + '\'';
}

/// Exactly this script and these styles; no connection to anywhere.
std::string policy_of(std::string_view script, std::string_view styles) {
  return "default-src 'none'; script-src " + source_of(script) + "; style-src " +
         source_of(styles) +
         "; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for "
         "'script'";
}

/// Takes the element out that names a file, and says where it stood.
std::size_t take_out(std::string& page, std::string_view name, std::string_view end) {
  const std::size_t found = page.find(name);
  const std::size_t begin = page.rfind('<', found);
  const std::size_t last = page.find(end, found);
  if (found == std::string::npos || begin == std::string::npos || last == std::string::npos ||
      page.find(name, found + 1) != std::string::npos)
    throw std::logic_error("the page does not name " + std::string(name) + " once");
  page.erase(begin, last + end.size() - begin);
  return begin;
}

std::size_t place_of(const std::string& page, std::string_view text) {
  const std::size_t found = page.find(text);
  if (found == std::string::npos) throw std::logic_error("the page has no " + std::string(text));
  return found;
}

}  // namespace

ExportPage make_export_page(std::string_view session) {
  const std::string script = viewer_text(ViewerFile::js);
  const std::string styles = viewer_text(ViewerFile::css);
  std::string page = viewer_text(ViewerFile::html);
  page.insert(take_out(page, "\"/viewer.css\"", ">"), "<style>" + styles + "</style>");
  take_out(page, "\"/viewer.js\"", "</script>");
  // Nothing that stands before a policy obeys it.
  constexpr std::string_view head = "<head>";
  page.insert(place_of(page, head) + head.size(),
              "\n    <meta http-equiv=\"Content-Security-Policy\" content=\"" +
                  policy_of(script, styles) + "\">");
  const std::size_t end = place_of(page, "</body>");
  ExportPage result;
  result.before = page.substr(0, end);
  result.before += "<script type=\"application/json\" id=\"strandbus-data\">\n{\"session\":";
  append_script_json(result.before, session);
  result.before += ",\"events\":[\n";
  result.behind = "\n]}\n</script>\n<script>" + script + "</script>\n" + page.substr(end);
  return result;
}

void append_script_json(std::string& out, std::string_view json) {
  constexpr std::string_view separators = "\xE2\x80";  // U+2028, U+2029 are E2 80 A8, E2 80 A9
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t next = std::min(json.find_first_of("<\xE2", at), json.size());
    out.append(json.substr(at, next - at));
    at = next;
    if (at == json.size()) return;
    const bool three = json.size() - at >= 3 && json.substr(at, 2) == separators;
    const char last = three ? json[at + 2] : '\0';
    if (json[at] == '<') {
      out += "\\u003c";
      at += 1;
    } else if (last == '\xA8' || last == '\xA9') {
      out += last == '\xA8' ? "\\u2028" : "\\u2029";
      at += 3;
    } else {
      out += json[at++];
    }
  }
}

}  // namespace strandbus::cli
