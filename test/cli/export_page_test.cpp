// `strandbus export --format html`: a session as one page that asks for nothing.

#include "cli/program.hpp"
#include "cli/stored_session.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/use_future.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view data_begin = "<script type=\"application/json\" id=\"strandbus-data\">";

/// What stands between two texts; what is before it is cut off `rest`.
std::string cut(std::string_view& rest, std::string_view before, std::string_view after) {
  const std::size_t begin = rest.find(before);
  const std::size_t end = rest.find(after, begin + before.size());
  if (begin == std::string_view::npos || end == std::string_view::npos) {
    ADD_FAILURE() << "there is no " << before;
    return "";
  }
  const std::string found(rest.substr(begin + before.size(), end - begin - before.size()));
  rest.remove_prefix(end + after.size());
  return found;
}

std::string hash_source(const std::string& text) {
  std::array<unsigned char, 32> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  std::array<unsigned char, 64> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return "'sha256-" + std::string(reinterpret_cast<const char*>(base64.data())) + "'";
}

/// An exported page, taken apart as a browser does it: an element of script ends with the first
/// `</script`, whatever stands before it.
struct Page {
  explicit Page(std::string_view text) {
    before = text.substr(0, text.find(data_begin));
    std::string_view rest = text;
    policy = cut(rest, "<meta http-equiv=\"Content-Security-Policy\" content=\"", "\">");
    styles = cut(rest, "<style>", "</style>");
    data = cut(rest, data_begin, "</script");
    script = cut(rest, "<script>", "</script>");
    behind = rest;
  }

  std::string before, policy, styles, data, script, behind;
};

std::size_t occurrences(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

class ExportPage : public ::testing::Test {
 protected:
  ExportPage() {
    run_program({"run", "Calculate 2+2", "--session", file_});
    keep_session(store_, "sum_1", file_, "Sums & <b>more</b>");
  }

  std::string page_of(const std::string& session) const {
    const Finished exported =
        run_program({"export", session, "--format", "html", "--store", store_});
    EXPECT_EQ(exported.exit_code, 0) << exported.err;
    return exported.out;
  }

  /// A session with one event, whose text is this.
  void keep_text(const std::string& id, const std::string& text) const {
    const auto store = SqliteStore::open(store_, {}).value();
    const auto events = store->read("sum_1", 0, 100).value();
    const auto delta = std::ranges::find_if(events, [](const StoredEvent& event) {
      return event.json->find("\"token_delta\"") != std::string::npos;
    });
    json::object object = parse_json(*delta->json).value().as_object();
    object["seq"] = 1;
    object.at("data").as_object()["text"] = text;
    std::string changed;
    append_json(changed, json::value(object));
    SessionMetadata metadata;
    metadata.session_id = id;
    const auto writer = store->create(metadata, {}).value();
    writer->async_append({{1, std::make_shared<const std::string>(changed)}}, asio::use_future)
        .get();
  }

  TemporaryDirectory directory_;
  std::string file_ = directory_.path("s.jsonl");
  std::string store_ = directory_.path("s.db");
};

TEST_F(ExportPage, HoldsTheSessionWithOneEventInEachLine) {
  const Page page(page_of("sum_1"));
  const auto data = parse_json(page.data).value().as_object();
  EXPECT_EQ(data.at("session").at("id").as_string(), "sum_1");
  EXPECT_EQ(data.at("session").at("title").as_string(), "Sums & <b>more</b>");
  const auto store = SqliteStore::open(store_, {}).value();
  const auto events = store->read("sum_1", 0, 1000).value();
  const json::array& shown = data.at("events").as_array();
  ASSERT_EQ(shown.size(), events.size());
  for (std::size_t i = 0; i < events.size(); ++i)
    EXPECT_EQ(shown[i], parse_json(*events[i].json).value());
  EXPECT_EQ(static_cast<std::uint64_t>(data.at("session").at("last_seq").to_number<int>()),
            events.back().seq);
  // Before the first event and behind the last one is a line end too.
  EXPECT_EQ(occurrences(page.data, "\n"), events.size() + 3);
}

TEST_F(ExportPage, MayRunNothingButItsOwnScript) {
  const std::string text = page_of("sum_1");
  const Page page(text);
  EXPECT_EQ(page.policy, "default-src 'none'; script-src " + hash_source(page.script) +
                             "; style-src " + hash_source(page.styles) +
                             "; img-src data:; base-uri 'none'; form-action 'none'; "
                             "require-trusted-types-for 'script'");
  // Nothing stands before the policy that it would not govern.
  EXPECT_LT(text.find("Content-Security-Policy"), text.find("<link"));
  EXPECT_LT(text.find("Content-Security-Policy"), text.find("<style"));
  EXPECT_LT(text.find("<meta charset=\"utf-8\">"), 1024U);
  EXPECT_EQ(occurrences(text, "<script"), 2U);
  EXPECT_EQ(occurrences(text, "</script"), 2U);
  EXPECT_THAT(page.behind, StartsWith("\n"));
  EXPECT_THAT(page.behind, HasSubstr("</body>"));
}

TEST_F(ExportPage, NamesNoOtherFile) {
  const Page page(page_of("sum_1"));
  EXPECT_THAT(page.before, AllOf(Not(HasSubstr("viewer.css")), Not(HasSubstr("viewer.js")),
                                 Not(HasSubstr("src=")), Not(HasSubstr("href=\"/")),
                                 Not(HasSubstr("href=\"http"))));
  EXPECT_THAT(page.styles, AllOf(Not(HasSubstr("url(")), Not(HasSubstr("@import"))));
}

TEST_F(ExportPage, IsTheSameForAFileAndForAStore) {
  const auto events_of = [](const std::string& text) {
    return parse_json(Page(text).data).value().at("events").as_array();
  };
  const json::array recorded = events_of(page_of(file_));
  EXPECT_GT(recorded.size(), 10U);
  EXPECT_EQ(recorded, events_of(page_of("sum_1")));
}

TEST_F(ExportPage, IsNotEndedByWhatATextSays) {
  const std::vector<std::string> hostile{"</script><script>alert(1)</script>",
                                         "</SCRIPT >",
                                         "<!--",
                                         "<!-- <script>",
                                         "-->",
                                         "]]>",
                                         "<\\/script>",
                                         "\\",
                                         "\\\\\"}]}</script>",
                                         "<",
                                         "\xE2\x80\xA8 and \xE2\x80\xA9",
                                         "\xE2\x80\xA7 \xE2\x82\xAC",
                                         "</title></style></body>"};
  std::size_t number = 0;
  for (const std::string& text : hostile) {
    const std::string id = "hostile_" + std::to_string(++number);
    keep_text(id, text);
    const std::string exported = page_of(id);
    const Page page(exported);
    EXPECT_EQ(occurrences(exported, "<script"), 2U) << text;
    EXPECT_THAT(page.data, AllOf(Not(HasSubstr("<")), Not(HasSubstr("\xE2\x80\xA8")),
                                 Not(HasSubstr("\xE2\x80\xA9"))));
    const auto data = parse_json(page.data).value();
    EXPECT_EQ(data.at("events").at(0).at("data").at("text").as_string(), text);
  }
}

TEST_F(ExportPage, IsNotMuchLargerThanThePageAndTheEvents) {
  const auto store = SqliteStore::open(store_, {}).value();
  std::size_t bytes = 0;
  for (const StoredEvent& event : store->read("sum_1", 0, 1000).value())
    bytes += event.json->size() + 2;
  const std::string text = page_of("sum_1");
  const Page page(text);
  EXPECT_LT(page.data.size(), bytes + 1024);
  EXPECT_LT(text.size() - page.data.size() - page.script.size() - page.styles.size(), 2048U);
}

TEST_F(ExportPage, OfASessionThatIsNotThereIsNone) {
  const std::string out = directory_.path("out.html");
  const Finished refused =
      run_program({"export", "nobody", "--format", "html", "-o", out, "--store", store_});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("no session of "));
  EXPECT_FALSE(std::filesystem::exists(out));
}

}  // namespace
}  // namespace strandbus::testing
