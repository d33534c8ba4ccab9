#include "llm/recorded_streams.hpp"

namespace strandbus::test {
namespace {

RecordedStream openai_text() {
  return {
      .server = "OpenAI, text",
      .body = sse_of(
          {R"({"id":"chatcmpl-Ab1","object":"chat.completion.chunk","created":1763700000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_5","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"aB3x"})",
           R"({"id":"chatcmpl-Ab1","object":"chat.completion.chunk","created":1763700000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":"Grüße"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"q"})",
           R"({"id":"chatcmpl-Ab1","object":"chat.completion.chunk","created":1763700000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":" an \"alle\" \ud83d\ude00\n"},"logprobs":null,"finish_reason":null}],"usage":null})",
           R"({"id":"chatcmpl-Ab1","object":"chat.completion.chunk","created":1763700000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null})",
           R"({"id":"chatcmpl-Ab1","object":"chat.completion.chunk","created":1763700000,"model":"gpt-4o-mini-2024-07-18","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"accepted_prediction_tokens":0}}})"}),
      .content = "Grüße an \"alle\" 😀\n",
      .finish = FinishReason::stop,
      .total = 18};
}

RecordedStream openai_calls() {
  return {
      .server = "OpenAI, two calls that interleave",
      .body = sse_of(
          {R"({"id":"chatcmpl-Ab2","model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}],"usage":null})",
           R"({"id":"chatcmpl-Ab2","model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"weather","arguments":""}}]},"finish_reason":null}],"usage":null})",
           R"({"id":"chatcmpl-Ab2","model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]},"finish_reason":null}],"usage":null})",
           R"({"id":"chatcmpl-Ab2","model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"calculator","arguments":""}}]},"finish_reason":null}],"usage":null})",
           R"({"id":"chatcmpl-Ab2","model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{\"expr\":\"2+2\"}"}}]},"finish_reason":null}],"usage":null})",
           R"({"id":"chatcmpl-Ab2","model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"Köln\"}"}}]},"finish_reason":null}],"usage":null})",
           R"({"id":"chatcmpl-Ab2","model":"gpt-4o","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":null})",
           R"({"id":"chatcmpl-Ab2","model":"gpt-4o","choices":[],"usage":{"prompt_tokens":60,"completion_tokens":30,"total_tokens":90}})"}),
      .calls = {R"(weather {"city":"Köln"})", R"(calculator {"expr":"2+2"})"},
      .finish = FinishReason::tool_calls,
      .total = 90};
}

RecordedStream deepseek() {
  return {
      .server = "DeepSeek, reasoning",
      .body =
          ": keep-alive\n\n" +
          sse_of(
              {R"({"id":"ds-1","object":"chat.completion.chunk","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":""},"logprobs":null,"finish_reason":null}]})",
               R"({"id":"ds-1","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"Let me "},"finish_reason":null}]})",
               R"({"id":"ds-1","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"think"},"finish_reason":null}]})",
               R"({"id":"ds-1","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":"42","reasoning_content":null},"finish_reason":null}]})",
               R"({"id":"ds-1","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":21,"total_tokens":30,"prompt_cache_hit_tokens":3,"prompt_cache_miss_tokens":6,"completion_tokens_details":{"reasoning_tokens":18}}})"}),
      .content = "42",
      .reasoning = "Let me think",
      .finish = FinishReason::stop,
      .total = 30};
}

RecordedStream vllm() {
  return {
      .server = "vLLM, a new id for each piece, and stop for tool_calls",
      .body = sse_of(
          {R"({"id":"chatcmpl-v","object":"chat.completion.chunk","model":"qwen","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"usage":{"prompt_tokens":5,"total_tokens":5,"completion_tokens":0}})",
           R"({"id":"chatcmpl-v","model":"qwen","choices":[{"index":0,"delta":{"tool_calls":[{"id":"chatcmpl-tool-1","type":"function","index":0,"function":{"name":"search"}}]},"finish_reason":null}],"usage":{"prompt_tokens":5,"total_tokens":6,"completion_tokens":1}})",
           R"({"id":"chatcmpl-v","model":"qwen","choices":[{"index":0,"delta":{"tool_calls":[{"id":"chatcmpl-tool-2","index":0,"function":{"arguments":"{\"q\": "}}]},"finish_reason":null}],"usage":{"prompt_tokens":5,"total_tokens":7,"completion_tokens":2}})",
           R"({"id":"chatcmpl-v","model":"qwen","choices":[{"index":0,"delta":{"tool_calls":[{"id":"chatcmpl-tool-3","index":0,"function":{"arguments":"\"x\"}"}}]},"finish_reason":"stop","stop_reason":151645}],"usage":{"prompt_tokens":5,"total_tokens":8,"completion_tokens":3}})"}),
      .calls = {R"(search {"q":"x"})"},
      .finish = FinishReason::tool_calls,
      .total = 8};
}

RecordedStream openrouter() {
  return {
      .server = "OpenRouter, comments and reasoning",
      .body =
          ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n" +
          sse_of(
              {R"({"id":"gen-1","provider":"Anthropic","model":"anthropic/claude","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm"}]},"finish_reason":null,"native_finish_reason":null}]})",
               R"({"id":"gen-1","model":"anthropic/claude","choices":[{"index":0,"delta":{"role":"assistant","content":"Yes."},"finish_reason":null}]})",
               R"({"id":"gen-1","model":"anthropic/claude","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop","native_finish_reason":"end_turn"}]})",
               R"({"id":"gen-1","model":"anthropic/claude","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":4,"total_tokens":24,"cost":0.00012}})"}),
      .content = "Yes.",
      .reasoning = "Hm",
      .finish = FinishReason::stop,
      .total = 24};
}

RecordedStream ollama() {
  return {
      .server = "Ollama, whole calls without usage",
      .body = sse_of(
          {R"({"id":"chatcmpl-7","object":"chat.completion.chunk","created":1763700000,"model":"llama3.2","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"id":"call_q1","index":0,"type":"function","function":{"name":"time","arguments":"{}"}}]},"finish_reason":null}]})",
           R"({"id":"chatcmpl-7","model":"llama3.2","choices":[{"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"id":"call_q2","index":0,"type":"function","function":{"name":"time","arguments":"{\"zone\":\"UTC\"}"}}]},"finish_reason":null}]})",
           R"({"id":"chatcmpl-7","model":"llama3.2","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"tool_calls"}]})"}),
      .calls = {"time {}", R"(time {"zone":"UTC"})"},
      .finish = FinishReason::tool_calls};
}

RecordedStream aimock() {
  return {
      .server = "aimock, text and a call",
      .body = sse_of(
          {R"({"id":"chatcmpl-m","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"reasoning_content":"Plan."},"finish_reason":null}]})",
           R"({"id":"chatcmpl-m","model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})",
           R"({"id":"chatcmpl-m","model":"gpt-4o","choices":[{"index":0,"delta":{"content":"Let me "},"finish_reason":null}]})",
           R"({"id":"chatcmpl-m","model":"gpt-4o","choices":[{"index":0,"delta":{"content":"look."},"finish_reason":null}]})",
           R"({"id":"chatcmpl-m","model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"look","arguments":""}}]},"finish_reason":null}]})",
           R"({"id":"chatcmpl-m","model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]},"finish_reason":null}]})",
           R"({"id":"chatcmpl-m","model":"gpt-4o","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})",
           R"({"id":"chatcmpl-m","model":"gpt-4o","choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}})"}),
      .content = "Let me look.",
      .reasoning = "Plan.",
      .calls = {R"(look {"a":1})"},
      .finish = FinishReason::tool_calls};
}

RecordedStream azure() {
  return {
      .server = "Azure, filter results first",
      .body = sse_of(
          {R"({"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false}}}]})",
           R"({"choices":[{"content_filter_results":{},"delta":{"content":"","refusal":null,"role":"assistant"},"finish_reason":null,"index":0}],"id":"az-1","model":"gpt-4o","usage":null})",
           R"({"choices":[{"content_filter_results":{},"delta":{"content":"cut"},"finish_reason":null,"index":0}],"id":"az-1","model":"gpt-4o","usage":null})",
           R"({"choices":[{"content_filter_results":{},"delta":{},"finish_reason":"length","index":0}],"id":"az-1","model":"gpt-4o","usage":null})",
           R"({"choices":[],"id":"az-1","model":"gpt-4o","usage":{"completion_tokens":1,"prompt_tokens":2,"total_tokens":3}})"}),
      .content = "cut",
      .finish = FinishReason::length,
      .total = 3};
}

RecordedStream mistral() {
  return {
      .server = "Mistral, a content of parts, CRLF",
      .body =
          "data: "
          R"({"id":"mi-1","object":"chat.completion.chunk","model":"magistral","choices":[{"index":0,"delta":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"Well"}]}]},"finish_reason":null}]})"
          "\r\n\r\ndata: "
          R"({"id":"mi-1","model":"magistral","choices":[{"index":0,"delta":{"content":[{"type":"text","text":"Bon"}]},"finish_reason":null}]})"
          "\r\n\r\ndata: "
          R"({"id":"mi-1","model":"magistral","choices":[{"index":0,"delta":{"content":"jour","tool_calls":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":4,"completion_tokens":2,"total_tokens":6}})"
          "\r\n\r\ndata: [DONE]\r\n\r\n",
      .content = "Bonjour",
      .reasoning = "Well",
      .finish = FinishReason::stop,
      .total = 6};
}

RecordedStream no_stream() {
  return {
      .server = "a server that does not stream",
      .body =
          R"({"id":"whole-1","object":"chat.completion","created":1,"model":"tiny","choices":[{"index":0,"message":{"role":"assistant","content":"Hello","tool_calls":[{"id":"w1","type":"function","function":{"name":"greet","arguments":{"who":"you"}}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}})"
          "\n",
      .content = "Hello",
      .calls = {R"(greet {"who":"you"})"},
      .finish = FinishReason::tool_calls,
      .total = 2};
}

}  // namespace

std::vector<RecordedStream> recorded_streams() {
  return {openai_text(), openai_calls(), deepseek(), vllm(),    openrouter(),
          ollama(),      aimock(),       azure(),    mistral(), no_stream()};
}

}  // namespace strandbus::test
