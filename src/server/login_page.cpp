#include "server/login_page.hpp"

#include "server/accept_header.hpp"

#include <string_view>

namespace strandbus::detail {
namespace {

constexpr std::string_view used_up =
    "This link was used already, or is older than five minutes. A link works once.";
constexpr std::string_view no_login = "This browser is not logged in here, or not any more.";

constexpr std::string_view page_begin = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>strandbus: log in</title>
</head>
<body>
<main>
<h1>strandbus</h1>
<p>)";

constexpr std::string_view page_end = R"(</p>
<ul>
<li>Open the link that <code>strandbus serve</code> has printed, if you have not used it yet.</li>
<li>For another link type <code>strandbus link</code> in a terminal of the machine that serves, as
<code>strandbus serve</code> has printed it: with the address, where that is not the usual one.</li>
</ul>
<p>You are logged in and came from another page? <a href="/">Open the viewer</a>.</p>
</main>
</body>
</html>
)";

}  // namespace

bool wants_login_page(const ServerRequest& request, const HttpRefusal& refusal) {
  const bool at_the_door = request.target.path == "/" && refusal.code == "unauthorized";
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return at_the_door && reads && accepts(request.header("Accept").value_or(""), "text/html");
}

HttpReply login_page(const HttpRefusal& refusal) {
  HttpReply reply;
  reply.status = refusal.status;
  reply.content_type = "text/html; charset=utf-8";
  reply.headers = refusal.headers;
  HttpHeader policy;
  policy.name = "Content-Security-Policy";
  policy.value = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  reply.headers.push_back(policy);
  reply.body.append(page_begin)
      .append(refusal.code == "login_refused" ? used_up : no_login)
      .append(page_end);
  return reply;
}

}  // namespace strandbus::detail
