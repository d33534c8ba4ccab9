#include "wire/ag_ui_usage.hpp"

#include "wire/json_members.hpp"

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

void fill(JsonMembers& entry, const Usage& usage) {
  entry.number("inputTokens", usage.prompt)
      .number("outputTokens", usage.completion)
      .number("totalTokens", usage.prompt + usage.completion);
  if (usage.reasoning) entry.number("reasoningTokens", *usage.reasoning);
  if (usage.cached) entry.number("cachedInputTokens", *usage.cached);
  if (usage.cache_write) entry.number("cacheWriteInputTokens", *usage.cache_write);
}

}  // namespace

void AgUiUsage::add(std::string provider, std::string model, const Usage& usage) {
  const auto known = std::find_if(models_.begin(), models_.end(), [&](const Entry& entry) {
    return entry.provider == provider && entry.model == model;
  });
  if (known != models_.end()) {
    known->usage += usage;
    return;
  }
  Entry entry;
  entry.provider = std::move(provider);
  entry.model = std::move(model);
  entry.usage = usage;
  models_.push_back(std::move(entry));
}

std::string AgUiUsage::json() const {
  std::string list = "[";
  for (const Entry& model : models_) {
    if (list.size() > 1) list += ',';
    append_json_object(list, [&](JsonMembers& entry) {
      entry.text_if("provider", model.provider).text_if("model", model.model);
      fill(entry, model.usage);
    });
  }
  return list + ']';
}

}  // namespace strandbus::detail
