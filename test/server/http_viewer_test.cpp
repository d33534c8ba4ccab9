#include "server/digest.hpp"
#include "server/http_fixture.hpp"
#include "server/viewer_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <zlib.h>

namespace strandbus {
namespace {

using detail::viewer_text;
using detail::ViewerFile;
using test::HttpAnswer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string of_browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";

std::string unpacked(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string text(std::size_t{16} * 1024 * 1024, '\0');
  std::string input = packed;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

class HttpViewerTest : public test::HttpTest {
 protected:
  /// A request without the token.
  std::string plain(const std::string& method, const std::string& target,
                    const std::string& headers = {}) const {
    return method + ' ' + target +
           " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server_->port()) + "\r\n" + headers +
           "\r\n";
  }

  /// The header with which a browser comes that has opened a link.
  std::string log_in() const {
    const HttpAnswer opened = ask(plain("GET", server_->one_time_link()));
    const std::string cookie = opened.header("Set-Cookie");
    return "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  }
};

TEST_F(HttpViewerTest, GivesABrowserThePageAndAProgramWhatItCanRead) {
  start_server();
  const HttpAnswer page = ask(plain("GET", "/", log_in() + of_browser));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.body, viewer_text(ViewerFile::html));
  EXPECT_THAT(page.head, HasSubstr("\r\nVary: Accept, Accept-Encoding\r\n"));
  const HttpAnswer other = ask(head("GET", "/", "Accept: */*\r\n"));
  EXPECT_EQ(other.header("Content-Type"), "application/json");
  EXPECT_THAT(other.body, HasSubstr(R"("service":"strandbus")"));
  EXPECT_THAT(other.head, HasSubstr("\r\nVary: Accept\r\n"));
}

TEST_F(HttpViewerTest, GivesTheFilesThatThePageNames) {
  start_server();
  const HttpAnswer css = ask(head("GET", "/viewer.css"));
  EXPECT_EQ(css.header("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(css.body, viewer_text(ViewerFile::css));
  const HttpAnswer js = ask(head("GET", "/viewer.js"));
  EXPECT_EQ(js.header("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(js.body, viewer_text(ViewerFile::js));
  EXPECT_EQ(js.header("Content-Encoding"), "");
  EXPECT_THAT(viewer_text(ViewerFile::html),
              AllOf(HasSubstr("href=\"/viewer.css\""), HasSubstr("src=\"/viewer.js\"")));
  for (const std::string path : {"/viewer.js?x=1", "/viewer.css?", "/?session=s"}) {
    EXPECT_EQ(ask(head("GET", path, of_browser)).status, path.ends_with('?') ? 200 : 400) << path;
  }
  EXPECT_EQ(ask(head("GET", "/viewer.jsx")).status, 404);
  EXPECT_EQ(ask(head("POST", "/viewer.js")).status, 405);
}

TEST_F(HttpViewerTest, LetsThePageDoNothingThatItDoesNotNeed) {
  start_server();
  const std::string cookie = log_in();
  for (const std::string path : {"/", "/viewer.css", "/viewer.js"}) {
    const HttpAnswer answer = ask(plain("GET", path, cookie + of_browser));
    const std::string policy = answer.header("Content-Security-Policy");
    EXPECT_THAT(policy, StartsWith("default-src 'none'; script-src 'self'; style-src 'self'; "));
    EXPECT_THAT(policy, AllOf(HasSubstr("; base-uri 'none'"), HasSubstr("; form-action 'none'"),
                              HasSubstr("; frame-ancestors 'none'"),
                              HasSubstr("; require-trusted-types-for 'script'"),
                              Not(HasSubstr("unsafe")), Not(HasSubstr("*"))));
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(answer.header("Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(answer.header("Cross-Origin-Resource-Policy"), "same-origin");
    // Each of them once: of two a browser might take the other one.
    for (const std::string name : {"Content-Security-Policy: ", "Cache-Control: "}) {
      EXPECT_EQ(answer.head.find(name), answer.head.rfind(name)) << name;
    }
  }
}

TEST_F(HttpViewerTest, PacksAFileForWhoUnderstandsIt) {
  start_server();
  const HttpAnswer packed = ask(head("GET", "/viewer.js", "Accept-Encoding: br, gzip\r\n"));
  EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
  EXPECT_EQ(unpacked(packed.body), viewer_text(ViewerFile::js));
  EXPECT_EQ(ask(head("GET", "/viewer.js", "Accept-Encoding: gzip;q=0\r\n")).body,
            viewer_text(ViewerFile::js));
}

TEST_F(HttpViewerTest, SendsAFileAgainOnlyWhenItIsAnother) {
  start_server();
  const HttpAnswer first = ask(head("GET", "/viewer.js"));
  const std::string tag = first.header("ETag");
  EXPECT_EQ(tag, '"' + detail::to_hex(detail::sha256(first.body)) + '"');
  EXPECT_EQ(first.header("Cache-Control"), "no-cache");
  const HttpAnswer again =
      ask(head("GET", "/viewer.js", "If-None-Match: \"x\", W/" + tag + "\r\n"));
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.header("ETag"), tag);
  EXPECT_EQ(again.header("Content-Length"), "");
  EXPECT_EQ(again.header("Content-Type"), "");
  EXPECT_EQ(ask(head("GET", "/viewer.js", "If-None-Match: \"x\"\r\n")).status, 200);
  const HttpAnswer packed = ask(head("GET", "/viewer.js", "Accept-Encoding: gzip\r\n"));
  EXPECT_NE(packed.header("ETag"), tag);
}

TEST_F(HttpViewerTest, GoesOnWithAConnectionAfterA304) {
  start_server();
  const std::string tag = ask(head("GET", "/viewer.css")).header("ETag");
  test::RawClient client(server_->port());
  client.send(head("GET", "/viewer.css", "If-None-Match: " + tag + "\r\n") +
              head("HEAD", "/viewer.css") + head("GET", "/healthz"));
  EXPECT_EQ(client.read_answer().status, 304);
  const HttpAnswer to_head = client.read_answer(true);
  EXPECT_EQ(to_head.status, 200);
  EXPECT_EQ(to_head.header("Content-Length"), std::to_string(viewer_text(ViewerFile::css).size()));
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(HttpViewerTest, TellsABrowserWithoutLoginHowToGetIn) {
  start_server();
  const HttpAnswer page = ask(plain("GET", "/", of_browser));
  EXPECT_EQ(page.status, 401);
  EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.header("Cache-Control"), "no-store");
  EXPECT_THAT(page.header("Content-Security-Policy"),
              AllOf(StartsWith("default-src 'none'; "), Not(HasSubstr("script"))));
  EXPECT_THAT(page.body,
              AllOf(HasSubstr("<code>strandbus link</code>"),
                    HasSubstr("<code>strandbus serve</code>"), Not(HasSubstr("<script"))));
  EXPECT_EQ(ask(plain("GET", "/",
                      of_browser + "Cookie: strandbus_" + std::to_string(server_->port()) +
                          "=forged\r\n"))
                .header("Content-Type"),
            "text/html; charset=utf-8");
  EXPECT_EQ(ask(plain("GET", "/")).header("Content-Type"), "application/json");
  EXPECT_EQ(ask(plain("GET", "/viewer.js", of_browser)).status, 401);
  EXPECT_EQ(ask(plain("GET", "/v1/sessions", of_browser)).header("Content-Type"),
            "application/json");
}

TEST_F(HttpViewerTest, TellsABrowserThatALinkIsUsedUp) {
  start_server();
  const std::string link = server_->one_time_link();
  EXPECT_EQ(ask(plain("GET", link, of_browser)).status, 303);
  const HttpAnswer again = ask(plain("GET", link, of_browser));
  EXPECT_EQ(again.status, 403);
  EXPECT_THAT(again.body, AllOf(HasSubstr("used already"), HasSubstr("strandbus link"),
                                Not(HasSubstr(link.substr(link.find('=') + 1)))));
  EXPECT_EQ(ask(plain("GET", link)).header("Content-Type"), "application/json");
}

TEST_F(HttpViewerTest, KeepsABrowserLoggedInWhenTheServerComesBack) {
  start_server();
  const std::uint16_t port = server_->port();
  const std::string cookie = log_in();
  server_.reset();
  // The old listener ends soon, and not at once: it is the name of the cookie that has the port.
  const auto again = [&](const std::string& new_token) {
    start_server_with([&](HttpServerOptions& options) { options.token = new_token; });
    std::string renamed = cookie;
    renamed.replace(renamed.find(std::to_string(port)), std::to_string(port).size(),
                    std::to_string(server_->port()));
    return ask(plain("GET", "/v1/sessions", renamed)).status;
  };
  EXPECT_EQ(again(std::string(token)), 200);
  EXPECT_EQ(again("another-token-0123456789"), 401);
}

TEST_F(HttpViewerTest, GivesALinkToWhoSendsTheToken) {
  start_server();
  const HttpAnswer made = ask(head("POST", "/v1/links"));
  EXPECT_EQ(made.status, 201);
  const std::string url = server_->url() + "/login?code=";
  ASSERT_THAT(made.body, StartsWith("{\"url\":\"" + url));
  const auto begin = made.body.find("/login?code=");
  const std::string path = made.body.substr(begin, made.body.find('"', begin) - begin);
  EXPECT_THAT(made.body, HasSubstr("\"path\":\"" + path + "\",\"expires_in\":300"));
  EXPECT_EQ(ask(plain("GET", path)).status, 303);
  EXPECT_EQ(ask(plain("GET", path)).status, 403);
}

TEST_F(HttpViewerTest, GivesNoLinkToWhoCameByOne) {
  start_server();
  const std::string own = "Sec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n";
  const std::string cookie = log_in();
  for (const std::string path : {"/v1/links", "/v1/%6Cinks"}) {
    const HttpAnswer refused = ask(plain("POST", path, cookie + own));
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(refused.body, HasSubstr("\"token_required\""));
  }
  EXPECT_EQ(ask(plain("POST", "/v1/links")).status, 401);
  EXPECT_EQ(ask(head("GET", "/v1/links")).status, 405);
  EXPECT_EQ(ask(post("/v1/links", "{}")).status, 201);
  EXPECT_EQ(ask(post("/v1/links", "[]")).status, 400);
}

}  // namespace
}  // namespace strandbus
