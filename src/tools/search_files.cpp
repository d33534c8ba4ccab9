#include "strandbus/event/json_codec.hpp"
#include "tools/file_toolbox.hpp"
#include "tools/glob.hpp"
#include "tools/line_matcher.hpp"
#include "tools/text_lines.hpp"

#include <chrono>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_depth = 256;
constexpr std::size_t max_pattern_bytes = 4096;
constexpr std::size_t max_shown_line_bytes = 300;

using Clock = std::chrono::steady_clock;

/// Why a search ended before everything was looked at.
enum class Stop : std::uint8_t { no, enough, time, expensive, cancelled };

/// Searches one file after the other and writes down what it finds.
class Search {
 public:
  Search(const FileToolbox& box, const ToolContext& context, const LineMatcher& matcher)
      : box_(box),
        context_(context),
        matcher_(matcher),
        deadline_(Clock::now() + box.options.max_search_time) {}

  bool stopped() const noexcept { return stop_ != Stop::no; }

  void search(const std::string& path) {
    if (interrupted()) return;
    const auto file = box_.workspace->read(path, box_.options.max_file_bytes);
    if (!file) {
      ++skipped_;
      return;
    }
    if (looks_binary(file->bytes)) return;
    ++files_;
    search_lines(path, file->bytes);
  }

  ToolResult result() const {
    if (stop_ == Stop::expensive) {
      return ToolResult::failure(ErrorCode::E_VALIDATION,
                                 "the pattern takes too long on some lines; use a simpler one, or "
                                 "set literal");
    }
    json::object data;
    data["matches"] = matches_;
    data["files"] = files_;
    data["truncated"] = stopped() || too_many_;
    return ToolResult::ok(output_ + notes()).with_data(std::move(data));
  }

  /// What the list of files leaves out.
  void note(const Listing& listing) {
    too_many_ = listing.truncated;
    unreadable_ = listing.unreadable;
  }

 private:
  void search_lines(const std::string& path, std::string_view text) {
    std::size_t number = 0;
    while (!text.empty() && !stopped()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      ++number;
      // A look at the clock costs more than most lines.
      if (number % 64 == 0 && interrupted()) return;
      const auto match = matcher_.matches(without_end(line));
      if (match == LineMatcher::Match::yes) report(path, number, without_end(line));
      if (match == LineMatcher::Match::too_expensive) stop_ = Stop::expensive;
    }
  }

  bool interrupted() {
    if (context_.cancelled()) stop_ = Stop::cancelled;
    if (!stopped() && Clock::now() > deadline_) stop_ = Stop::time;
    return stopped();
  }

  void report(const std::string& path, std::size_t number, std::string_view line) {
    std::string text = listed_path(path) + ':' + std::to_string(number) + ": " +
                       repair_utf8(head_of(line, max_shown_line_bytes));
    if (line.size() > max_shown_line_bytes) text += "…";
    text += '\n';
    if (matches_ == box_.options.max_matches ||
        output_.size() + text.size() > box_.options.max_output_bytes) {
      stop_ = Stop::enough;
      return;
    }
    ++matches_;
    output_ += text;
  }

  std::string notes() const {
    std::string text;
    if (too_many_) text += "[there are too many files; not all were looked at]\n";
    if (unreadable_ > 0)
      text += "[" + std::to_string(unreadable_) + " directories may not be read]\n";
    if (matches_ == 0) text += "[nothing was found in " + std::to_string(files_) + " files]\n";
    if (skipped_ > 0)
      text += "[" + std::to_string(skipped_) + " files were skipped: too large, or not readable]\n";
    if (stop_ == Stop::enough) text += "[there is more; search a directory below, or a glob]\n";
    if (stop_ == Stop::time)
      text += "[stopped after " + std::to_string(box_.options.max_search_time.count()) +
              " ms; search a directory below, or a glob]\n";
    return text;
  }

  const FileToolbox& box_;
  const ToolContext& context_;
  const LineMatcher& matcher_;
  bool too_many_ = false;
  std::size_t unreadable_ = 0;
  const Clock::time_point deadline_;
  Stop stop_ = Stop::no;
  std::string output_;
  std::size_t matches_ = 0;
  std::size_t files_ = 0;
  std::size_t skipped_ = 0;
};

boost::system::result<LineMatcher, ToolResult> matcher_of(const SearchFilesArguments& arguments) {
  if (arguments.pattern.empty() || arguments.pattern.size() > max_pattern_bytes) {
    return ToolResult::failure(
        ErrorCode::E_VALIDATION,
        "pattern must have 1 to " + std::to_string(max_pattern_bytes) + " bytes");
  }
  if (arguments.literal.value_or(false)) return LineMatcher::literal(arguments.pattern);
  auto matcher = LineMatcher::regex(arguments.pattern);
  if (matcher) return *std::move(matcher);
  return ToolResult::failure(ErrorCode::E_VALIDATION,
                             "pattern is no regular expression: " + matcher.error().message +
                                 " at byte " + std::to_string(matcher.error().offset) +
                                 "; set literal to search for it as it is");
}

}  // namespace

ToolResult search_files(const FileToolbox& box, const SearchFilesArguments& arguments,
                        ToolContext& context) {
  const auto matcher = matcher_of(arguments);
  if (!matcher) return matcher.error();
  std::optional<Glob> glob;
  if (arguments.glob) {
    auto compiled = Glob::compile(*arguments.glob);
    if (!compiled)
      return ToolResult::failure(ErrorCode::E_VALIDATION, "glob: " + compiled.error().message);
    glob.emplace(*std::move(compiled));
  }
  const std::string path = arguments.path.value_or(".");
  const auto info = box.workspace->stat(path);
  if (!info) return failure_of(info.error());
  Search search(box, context, *matcher);
  if (info->kind != FileKind::directory) {
    const auto file = box.workspace->read(path, box.options.max_file_bytes);
    if (!file) return failure_of(file.error());
    search.search(info->path);
    return search.result();
  }
  ListOptions options;
  options.depth = max_depth;
  options.max_entries = box.options.max_visited;
  const auto listing = box.workspace->list(path, options);
  if (!listing) return failure_of(listing.error());
  search.note(*listing);
  for (const ListedFile& entry : listing->entries) {
    if (search.stopped()) break;
    if (entry.kind != FileKind::file) continue;
    if (!glob || glob->matches(path_below(*listing, entry.path))) search.search(entry.path);
  }
  return search.result();
}

}  // namespace strandbus::detail
