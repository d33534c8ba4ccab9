#include "server/operations.hpp"

#include "server/json_reply.hpp"
#include "server/login_page.hpp"
#include "server/viewer_reply.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

using Context = std::shared_ptr<HttpContext>;

void add_header(std::vector<HttpHeader>& headers, std::string name, std::string value) {
  HttpHeader header;
  header.name = std::move(name);
  header.value = std::move(value);
  headers.push_back(std::move(header));
}

HttpReply not_ready(std::string message) {
  HttpRefusal refusal;
  refusal.status = 503;
  refusal.code = "not_ready";
  refusal.message = std::move(message);
  return reply_to(refusal);
}

HttpReply answer(const Context&, const ShowService&) {
  HttpReply reply = json_reply(200, R"({"service":"strandbus","sessions":"/v1/sessions"})");
  add_header(reply.headers, "Vary", "Accept");
  return reply;
}

HttpReply answer(const Context&, const ShowHealth&) {
  return json_reply(200, R"({"status":"ok"})");
}

/// Asked without a token: it says no more than which of the two it is.
HttpReply answer(const Context& context, const ShowReadiness&) {
  if (context->draining || context->hub->stats().draining)
    return not_ready("the server is about to end");
  if (context->hub->store().failure()) return not_ready("the store takes nothing more");
  return json_reply(200, R"({"status":"ready"})");
}

HttpReply answer(const Context& context, const ShowMetrics&) {
  HttpReply reply;
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  reply.body = server_metrics(context->hub->stats(), context->stats());
  return reply;
}

HttpReply answer(const Context& context, const LogIn& operation) {
  if (!context->links.redeem(operation.code, LoginBook::Clock::now())) {
    const HttpRefusal refusal =
        make_refusal(403, "login_refused",
                     "this link was used already, or is older than five minutes; make another one");
    return operation.browser ? login_page(refusal) : reply_to(refusal);
  }
  HttpReply reply;
  reply.status = 303;
  add_header(reply.headers, "Location", "/");
  add_header(reply.headers, "Set-Cookie",
             context->access.new_cookie(LoginSeal::Clock::now()) +
                 "; HttpOnly; SameSite=Strict; Path=/; Max-Age=" +
                 std::to_string(std::chrono::seconds(LoginSeal::lifetime).count()));
  return reply;
}

HttpReply answer(const Context& context, const MakeLink& operation) {
  return json_reply(201, link_json(operation.host, context->new_link()));
}

HttpReply answer(const Context& context, const ShowViewer& operation) {
  return viewer_reply(context->viewer.find(operation.file), operation);
}

HttpReply answer(const Context&, const ShowMethods& operation) {
  HttpReply reply;
  reply.status = 204;
  add_header(reply.headers, "Allow", operation.allow);
  return reply;
}

asio::awaitable<HttpReply> answer(Context context, CreateSession operation) {
  operation.wanted.subject = operation.message;
  auto result = co_await context->hub->create(std::move(operation.wanted));
  if (!result) co_return reply_to(refusal_for(result.error()));
  const std::string id = result->summary.metadata.session_id;
  if (!operation.message.empty()) {
    const auto run = co_await context->hub->start_run(
        id, std::move(operation.message), WhenBusy::refuse, std::vector<ToolDefinition>(),
        std::move(operation.trace_parent));
    if (!run) co_return reply_to(refusal_for(run.error()));
    result->running = true;
  }
  HttpReply reply = json_reply(201, session_json(*result));
  add_header(reply.headers, "Location", "/v1/sessions/" + id);
  co_return reply;
}

asio::awaitable<HttpReply> answer(Context context, ForkSession operation) {
  auto result =
      co_await context->hub->fork(std::move(operation.session_id), std::move(operation.wanted));
  if (!result) co_return reply_to(refusal_for(result.error()));
  HttpReply reply = json_reply(201, session_json(*result));
  add_header(reply.headers, "Location", "/v1/sessions/" + result->summary.metadata.session_id);
  co_return reply;
}

asio::awaitable<HttpReply> answer(Context context, ListSessions operation) {
  auto result = co_await context->hub->list(operation.limit);
  if (!result) co_return reply_to(refusal_for(result.error()));
  co_return json_reply(200, sessions_json(*result));
}

asio::awaitable<HttpReply> answer(Context context, FindSession operation) {
  auto result = co_await context->hub->find(std::move(operation.session_id));
  if (!result) co_return reply_to(refusal_for(result.error()));
  co_return json_reply(200, session_json(*result));
}

asio::awaitable<HttpReply> answer(Context context, RemoveSession operation) {
  auto result = co_await context->hub->remove(std::move(operation.session_id));
  if (!result) co_return reply_to(refusal_for(result.error()));
  HttpReply reply;
  reply.status = 204;
  co_return reply;
}

asio::awaitable<HttpReply> answer(Context context, StartRun operation) {
  auto result = co_await context->hub->start_run(operation.session_id, std::move(operation.message),
                                                 operation.when_busy, std::vector<ToolDefinition>(),
                                                 std::move(operation.trace_parent));
  if (!result) co_return reply_to(refusal_for(result.error()));
  co_return json_reply(202, started_run_json(operation.session_id, *result));
}

asio::awaitable<HttpReply> answer(Context context, GiveCommand operation) {
  auto result =
      co_await context->hub->command(std::move(operation.session_id), std::move(operation.command));
  if (!result) co_return reply_to(refusal_for(result.error()));
  co_return json_reply(202, outcome_json(*result));
}

asio::awaitable<HttpReply> answer(Context context, PublishEvents operation) {
  const std::vector<std::size_t> lines = std::move(operation.events.lines);
  auto result =
      co_await context->hub->publish(operation.session_id, std::move(operation.events.events));
  if (!result) co_return reply_to(refusal_for(result.error()));
  if (!result->refused) co_return json_reply(200, published_json(*result));
  co_return reply_to(refusal_for(*result, lines.at(result->accepted + result->repeated)));
}

asio::awaitable<HttpReply> answer(Context context, ShowSnapshot operation) {
  auto result = co_await context->hub->snapshot(std::move(operation.session_id));
  if (!result) co_return reply_to(refusal_for(result.error()));
  co_return json_reply(200, *std::move(result));
}

asio::awaitable<HttpReply> answer(Context context, ReadEvents operation) {
  if (operation.form == FeedForm::web_socket) co_return upgrade_required();
  auto result = co_await context->hub->find(operation.session_id);
  if (!result) co_return reply_to(refusal_for(result.error()));
  co_return feed_head(operation);
}

HttpReply answer(const Context&, const ReadAllEvents&) {
  const ReadEvents like_one;
  return feed_head(like_one);
}

/// Its answer is a stream, which the connection sends.
HttpReply answer(const Context&, const RunAgUi&) { return ag_ui_head(); }

asio::awaitable<HttpReply> ready(HttpReply reply) { co_return reply; }

struct Visitor {
  const Context& context;

  template <class T>
  asio::awaitable<HttpReply> operator()(T& operation) const {
    if constexpr (std::is_same_v<decltype(answer(context, operation)), HttpReply>) {
      return ready(answer(context, operation));
    } else {
      return answer(context, std::move(operation));
    }
  }
};

}  // namespace

asio::awaitable<HttpReply> carry_out(std::shared_ptr<HttpContext> context, Operation operation) {
  const Visitor visitor{context};
  auto answering = std::visit(visitor, operation);
  co_return co_await std::move(answering);
}

HttpReply upgrade_required() {
  HttpRefusal refusal =
      make_refusal(426, "upgrade_required", "this path speaks WebSocket (RFC 6455)");
  add_header(refusal.headers, "Upgrade", "websocket");
  return reply_to(refusal);
}

HttpReply ag_ui_head() {
  HttpReply reply;
  reply.content_type = "text/event-stream";
  add_header(reply.headers, "X-Accel-Buffering", "no");
  return reply;
}

HttpReply feed_head(const ReadEvents& operation) {
  HttpReply reply;
  if (operation.form == FeedForm::sse) {
    reply.content_type = "text/event-stream";
    // Proxies that would collect the answer pass it on piece by piece.
    add_header(reply.headers, "X-Accel-Buffering", "no");
  } else {
    reply.content_type = "application/x-ndjson";
    add_header(reply.headers, "Content-Disposition",
               "attachment; filename=\"" + operation.session_id + ".events.jsonl\"");
  }
  return reply;
}

}  // namespace strandbus::detail
