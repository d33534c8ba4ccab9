#include "llm/messages_streams.hpp"

#include "llm/messages_fixture.hpp"

namespace strandbus::test {
namespace {

RecordedStream text() {
  return {.server = "Anthropic, text",
          .body =
              R"(event: message_start
data: {"type":"message_start","message":{"model":"claude-haiku-4-5-20251001","id":"msg_01A","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":11,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":2,"service_tier":"standard"}}     }

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}      }

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grüße"}    }

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" an \"alle\" \ud83d\ude00\n"}  }

event: content_block_stop
data: {"type":"content_block_stop","index":0    }

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":11,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":7}              }

event: message_stop
data: {"type":"message_stop"   }

)",
          .content = "Grüße an \"alle\" 😀\n",
          .finish = FinishReason::stop,
          .total = 18};
}

RecordedStream thinking_and_calls() {
  return {
      .server = "Anthropic, thinking and two calls, from the cache",
      .body =
          message_start(
              R"({"input_tokens":4,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,"output_tokens":1})") +
          block_start(0, R"({"type":"thinking","thinking":"","signature":""})") +
          block_delta(0, R"({"type":"thinking_delta","thinking":"Two tools: "})") +
          block_delta(0, R"({"type":"thinking_delta","thinking":"both."})") +
          block_delta(0, R"({"type":"signature_delta","signature":"EqoBCkgIARAB"})") +
          block_stop(0) + block_start(1, R"({"type":"redacted_thinking","data":"EmwKAhgB"})") +
          block_stop(1) + text_block(2, "Let me look.") +
          call_block(3, "toolu_01", "weather", R"({"city":"Köln","days":2})") +
          block_start(4, R"({"type":"tool_use","id":"toolu_02","name":"now","input":{}})") +
          block_delta(4, R"({"type":"input_json_delta","partial_json":""})") + block_stop(4) +
          message_end("tool_use"),
      .content = "Let me look.",
      .reasoning = "Two tools: both.",
      .calls = {R"(weather {"city":"Köln","days":2})", "now {}"},
      .finish = FinishReason::tool_calls,
      .total = 121};
}

RecordedStream server_tools() {
  return {
      .server = "Anthropic, a search of its own with citations",
      .body =
          message_start() + text_block(0, "I'll search.") +
          block_start(
              1, R"({"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}})") +
          block_delta(1, R"({"type":"input_json_delta","partial_json":"{\"query\":\"x\"}"})") +
          block_stop(1) +
          block_start(
              2,
              R"({"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","title":"X","url":"https://x.test","encrypted_content":"abc"}]})") +
          block_stop(2) + block_start(3, R"({"type":"text","text":"","citations":[]})") +
          block_delta(
              3,
              R"({"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://x.test"}})") +
          block_delta(3, R"({"type":"text_delta","text":" It is X."})") + block_stop(3) +
          message_end(),
      .content = "I'll search. It is X.",
      .finish = FinishReason::stop,
      .total = 12};
}

RecordedStream cut_by_the_limit() {
  return {.server = "Anthropic, cut by the limit",
          .body = message_start() + text_block(0, "It goes on and") +
                  block_start(1, R"({"type":"tool_use","id":"toolu_1","name":"look","input":{}})") +
                  block_delta(1, R"({"type":"input_json_delta","partial_json":"{\"a\": 1"})") +
                  block_stop(1) + message_end("max_tokens"),
          .content = "It goes on and",
          .calls = {R"(look "{\"a\": 1")"},
          .finish = FinishReason::length,
          .total = 12};
}

RecordedStream refused() {
  return {
      .server = "Anthropic, refused",
      .body =
          message_start() +
          messages_event(
              "message_delta",
              R"("delta":{"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal","category":"bio","explanation":"No."}},"usage":{"output_tokens":3})") +
          messages_event("message_stop", ""),
      .finish = FinishReason::refusal,
      .total = 8};
}

RecordedStream gateway() {
  return {
      .server = "a gateway without names of events, with CRLF and whole arguments",
      .body =
          "data: "
          R"({"type":"message_start","message":{"id":"g-1","model":"other","usage":{"input_tokens":0,"output_tokens":0}}})"
          "\r\n\r\n: keep-alive\r\n\r\ndata: "
          R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi"}})"
          "\r\n\r\ndata: "
          R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"g1","name":"greet","input":{"who":"you"}}})"
          "\r\n\r\ndata: "
          R"({"type":"content_block_stop","index":1})"
          "\r\n\r\ndata: "
          R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"input_tokens":4,"output_tokens":2}})"
          "\r\n\r\ndata: "
          R"({"type":"message_stop"})"
          "\r\n\r\ndata: [DONE]\r\n\r\n",
      .content = "Hi",
      .calls = {R"(greet {"who":"you"})"},
      .finish = FinishReason::tool_calls,
      .total = 6};
}

RecordedStream aimock() {
  return {.server = "aimock",
          .body =
              R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_m","type":"message","role":"assistant","content":[],"model":"claude","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"42"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"."},"usage":{"output_tokens":0}}

event: message_stop
data: {"type":"message_stop"}

)",
          .content = "42",
          .reasoning = "Hm.",
          .finish = FinishReason::stop,
          .total = 0};
}

RecordedStream no_stream() {
  return {
      .server = "a server that does not stream",
      .body =
          R"({"id":"msg_w","type":"message","role":"assistant","model":"claude-1","content":[{"type":"thinking","thinking":"Hm.","signature":"s"},{"type":"text","text":"Hello"},{"type":"tool_use","id":"w1","name":"now","input":{}},{"type":"tool_use","id":"w2","name":"greet","input":{"who":"you"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}})"
          "\n",
      .content = "Hello",
      .reasoning = "Hm.",
      .calls = {"now {}", R"(greet {"who":"you"})"},
      .finish = FinishReason::tool_calls,
      .total = 2};
}

}  // namespace

std::vector<RecordedStream> messages_streams() {
  return {text(),   thinking_and_calls(), server_tools(), cut_by_the_limit(), refused(), gateway(),
          aimock(), no_stream()};
}

}  // namespace strandbus::test
