#pragma once

#include <string>
#include <string_view>

namespace strandbus::cli {

/// The page of the viewer as one file that holds a session and asks for nothing: what stands before
/// and behind the events.
struct ExportPage {
  std::string before{};  ///< ends where the first event begins
  std::string behind{};
};

/// `session` is what the page shows of the session itself, a JSON object. Events are separated by
/// commas; all JSON goes through append_script_json.
ExportPage make_export_page(std::string_view session);

/// Appends JSON that may stand in a script element: whatever it says, it cannot end that element
/// or begin another one (WHATWG HTML section 13.2.5.4 and the following).
void append_script_json(std::string& out, std::string_view json);

}  // namespace strandbus::cli
