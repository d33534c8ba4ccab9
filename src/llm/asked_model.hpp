#pragma once

#include <string>
#include <string_view>

namespace strandbus::detail {

/// Whether OpenAI has a model of this name that reasons: o1 and later, gpt-5 and later but for
/// gpt-5-chat, codex. Such a model takes an effort and no temperature.
bool is_reasoning_model(std::string_view name) noexcept;

/// What a name asks for.
struct AskedModel {
  std::string name{};    ///< as the server knows it
  std::string effort{};  ///< of reasoning; empty = the model's own
  bool reasons{};
};

/// "o4-mini-high" is o4-mini with the effort "high", and so with "-medium" and "-low". Where an
/// effort is given, or where the model is none that reasons, the name is taken as it is.
AskedModel asked_model(std::string_view name, std::string_view effort);

}  // namespace strandbus::detail
