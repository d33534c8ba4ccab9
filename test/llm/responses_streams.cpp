#include "llm/responses_streams.hpp"

namespace strandbus::test {
namespace {

RecordedStream openai_text() {
  return {
      .server = "OpenAI, text",
      .body = events_of(
          {R"({"type":"response.created","response":{"id":"resp_1","object":"response","status":"in_progress","error":null,"incomplete_details":null,"model":"gpt-4o-2024-08-06","output":[],"store":false,"usage":null},"sequence_number":0})",
           R"({"type":"response.in_progress","response":{"id":"resp_1","object":"response","status":"in_progress","model":"gpt-4o-2024-08-06","output":[],"usage":null},"sequence_number":1})",
           R"({"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"},"sequence_number":2})",
           R"({"type":"response.content_part.added","item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""},"sequence_number":3})",
           R"({"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"Grüße","logprobs":[],"sequence_number":4,"obfuscation":"aB3x"})",
           R"({"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":" \"an\" \ud83d\ude00\n","logprobs":[],"sequence_number":5})",
           R"({"type":"response.output_text.done","item_id":"msg_1","output_index":0,"content_index":0,"text":"Grüße \"an\" 😀\n","logprobs":[],"sequence_number":6})",
           R"({"type":"response.content_part.done","item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"text":"Grüße \"an\" 😀\n"},"sequence_number":7})",
           R"({"type":"response.output_item.done","output_index":0,"item":{"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"text":"Grüße \"an\" 😀\n"}],"role":"assistant"},"sequence_number":8})",
           R"({"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","error":null,"model":"gpt-4o-2024-08-06","output":[{"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"text":"Grüße \"an\" 😀\n"}],"role":"assistant"}],"usage":{"input_tokens":11,"input_tokens_details":{"cached_tokens":4},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":18}},"sequence_number":9})"}),
      .content = "Grüße \"an\" 😀\n",
      .finish = FinishReason::stop,
      .total = 18};
}

RecordedStream openai_reasoning() {
  return {
      .server = "OpenAI, a summary and two calls that interleave",
      .body = events_of(
          {R"({"type":"response.created","response":{"id":"resp_2","status":"in_progress","model":"o4-mini"},"sequence_number":0})",
           R"({"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","encrypted_content":"gAAA","summary":[]},"sequence_number":1})",
           R"({"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""},"sequence_number":2})",
           R"({"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"**Look"})",
           R"({"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"ing**"})",
           R"({"type":"response.reasoning_summary_text.done","item_id":"rs_1","output_index":0,"summary_index":0,"text":"**Looking**"})",
           R"({"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":1,"delta":"Twice."})",
           R"({"type":"response.output_item.done","output_index":0,"item":{"id":"rs_1","type":"reasoning","encrypted_content":"gAAABB","summary":[{"type":"summary_text","text":"**Looking**"},{"type":"summary_text","text":"Twice."}]}})",
           R"({"type":"response.output_item.added","output_index":1,"item":{"id":"fc_1","type":"function_call","status":"in_progress","arguments":"","call_id":"call_a","name":"weather"}})",
           R"({"type":"response.output_item.added","output_index":2,"item":{"id":"fc_2","type":"function_call","status":"in_progress","arguments":"","call_id":"call_b","name":"wait"}})",
           R"({"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"{\"city\":"})",
           R"({"type":"response.function_call_arguments.delta","item_id":"fc_2","output_index":2,"delta":"{}"})",
           R"({"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"\"Köln\"}"})",
           R"({"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":1,"arguments":"{\"city\":\"Köln\"}","name":"weather"})",
           R"({"type":"response.function_call_arguments.done","item_id":"fc_2","output_index":2,"arguments":"{}","name":"wait"})",
           R"({"type":"response.completed","response":{"id":"resp_2","status":"completed","model":"o4-mini","output":[{"id":"rs_1","type":"reasoning","summary":[]},{"id":"fc_1","type":"function_call","arguments":"{\"city\":\"Köln\"}","call_id":"call_a","name":"weather"},{"id":"fc_2","type":"function_call","arguments":"{}","call_id":"call_b","name":"wait"}],"usage":{"input_tokens":50,"output_tokens":20,"output_tokens_details":{"reasoning_tokens":8},"total_tokens":70}}})"}),
      .reasoning = "**Looking**\n\nTwice.",
      .calls = {R"(weather {"city":"Köln"})", "wait {}"},
      .finish = FinishReason::tool_calls,
      .total = 70};
}

RecordedStream incomplete() {
  return {
      .server = "OpenAI, cut short",
      .body = events_of(
          {R"({"type":"response.output_item.added","output_index":0,"item":{"id":"msg_3","type":"message","content":[]}})",
           R"({"type":"response.output_text.delta","item_id":"msg_3","output_index":0,"content_index":0,"delta":"Once upon"})",
           R"({"type":"response.incomplete","response":{"id":"resp_3","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"id":"msg_3","type":"message","status":"incomplete","content":[{"type":"output_text","text":"Once upon"}]}],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}})"}),
      .content = "Once upon",
      .finish = FinishReason::length,
      .total = 5};
}

RecordedStream vllm() {
  return {
      .server = "vLLM, readable reasoning, items that are numbered anew",
      .body =
          events_of(
              {R"({"type":"response.created","response":{"id":"resp_v","status":"in_progress","model":"gpt-oss-20b","output":[]},"sequence_number":0})",
               R"({"type":"response.output_item.added","output_index":0,"item":{"id":"r0","type":"reasoning","summary":[],"status":"in_progress"}})",
               R"({"type":"response.reasoning_text.delta","item_id":"r0","output_index":0,"content_index":0,"delta":"Hm."})",
               R"({"type":"response.reasoning_text.done","item_id":"r0","output_index":0,"content_index":0,"text":"Hm."})",
               R"({"type":"response.output_item.added","output_index":1,"item":{"id":"m0","type":"message","content":[],"status":"in_progress"}})",
               R"({"type":"response.output_text.delta","item_id":"m0","output_index":1,"content_index":0,"delta":"Four"})",
               R"({"type":"response.completed","response":{"id":"resp_v","status":"completed","model":"gpt-oss-20b","output":[{"id":"msg_new","type":"message","content":[{"type":"output_text","text":"Four"}]}],"usage":null}})"}) +
          "data: [DONE]\n\n",
      .content = "Four",
      .reasoning = "Hm.",
      .finish = FinishReason::stop};
}

RecordedStream sparse() {
  return {
      .server = "a server that sends whole items only, CRLF, no event lines",
      .body =
          "data: "
          R"({"type":"response.output_item.done","output_index":0,"item":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Let me look."}]}})"
          "\r\n\r\ndata: "
          R"({"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","id":"fc","call_id":"c1","name":"look","arguments":"{\"a\":1}"}})"
          "\r\n\r\ndata: "
          R"({"type":"response.completed","response":{"id":"resp_s","usage":{"input_tokens":1,"output_tokens":1}}})"
          "\r\n\r\n",
      .content = "Let me look.",
      .calls = {R"(look {"a":1})"},
      .finish = FinishReason::tool_calls,
      .total = 2};
}

RecordedStream aimock() {
  return {
      .server = "aimock, text and a call",
      .body = events_of(
          {R"({"type":"response.created","response":{"id":"resp-1","object":"response","model":"gpt-4o","status":"in_progress","output":[]}})",
           R"({"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg-1","status":"in_progress","role":"assistant","content":[]}})",
           R"({"type":"response.output_text.delta","item_id":"msg-1","output_index":0,"content_index":0,"delta":"Let me"})",
           R"({"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Let me"})",
           R"({"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"fc-1","call_id":"call_1","name":"look","arguments":"","status":"in_progress"}})",
           R"({"type":"response.function_call_arguments.delta","item_id":"fc-1","output_index":1,"delta":"{}"})",
           R"({"type":"response.function_call_arguments.done","output_index":1,"arguments":"{}"})",
           R"({"type":"response.completed","response":{"id":"resp-1","object":"response","model":"gpt-4o","status":"completed","output":[{"type":"message","id":"msg-1","content":[{"type":"output_text","text":"Let me","annotations":[]}]},{"type":"function_call","id":"fc-1","call_id":"call_1","name":"look","arguments":"{}"}],"usage":{"input_tokens":0,"output_tokens":0,"total_tokens":0}}})"}),
      .content = "Let me",
      .calls = {"look {}"},
      .finish = FinishReason::tool_calls};
}

RecordedStream no_stream() {
  return {
      .server = "a server that does not stream",
      .body =
          R"({"id":"resp_w","object":"response","status":"completed","error":null,"model":"tiny","output":[{"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"Hi?"}]},{"type":"message","content":[{"type":"output_text","text":"Hello"}]},{"type":"function_call","call_id":"w1","name":"greet","arguments":{"who":"you"}}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}})"
          "\n",
      .content = "Hello",
      .reasoning = "Hi?",
      .calls = {R"(greet {"who":"you"})"},
      .finish = FinishReason::tool_calls,
      .total = 2};
}

}  // namespace

std::string events_of(std::initializer_list<std::string_view> events) {
  constexpr std::string_view begin = R"({"type":")";
  std::string body;
  for (const std::string_view event : events) {
    const std::string_view type =
        event.substr(begin.size(), event.find('"', begin.size()) - begin.size());
    body += "event: " + std::string(type) + "\ndata: " + std::string(event) + "\n\n";
  }
  return body;
}

std::vector<RecordedStream> responses_streams() {
  return {openai_text(), openai_reasoning(), incomplete(), vllm(), sparse(), aimock(), no_stream()};
}

}  // namespace strandbus::test
