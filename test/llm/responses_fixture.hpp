#pragma once

#include "llm/provider_fixture.hpp"
#include "llm/responses_provider.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

inline OpenAiOptions responses_options() {
  OpenAiOptions options;
  options.base_url = "https://server.test/v1";
  options.model = "o4-mini";
  options.api_key = secret_key;
  options.api = OpenAiOptions::Api::responses;
  return options;
}

struct ResponsesSetup : ProviderSetup<detail::ResponsesProvider, OpenAiOptions> {
  explicit ResponsesSetup(std::vector<FakeAnswer> answers,
                          OpenAiOptions options = responses_options())
      : ProviderSetup(std::move(answers), std::move(options)) {}
  explicit ResponsesSetup(FakeAnswer answer, OpenAiOptions options = responses_options())
      : ResponsesSetup(std::vector{std::move(answer)}, std::move(options)) {}
};

}  // namespace strandbus::test
