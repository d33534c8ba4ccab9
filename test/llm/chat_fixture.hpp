#pragma once

#include "llm/chat_provider.hpp"
#include "llm/provider_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

inline OpenAiOptions chat_options() {
  OpenAiOptions options;
  options.base_url = "https://server.test/v1";
  options.api_key = secret_key;
  return options;
}

struct ChatSetup : ProviderSetup<detail::ChatProvider, OpenAiOptions> {
  explicit ChatSetup(std::vector<FakeAnswer> answers, OpenAiOptions options = chat_options())
      : ProviderSetup(std::move(answers), std::move(options)) {}
  explicit ChatSetup(FakeAnswer answer, OpenAiOptions options = chat_options())
      : ChatSetup(std::vector{std::move(answer)}, std::move(options)) {}
};

}  // namespace strandbus::test
