#include "strandbus/event/redactor.hpp"

#include "event/members.hpp"
#include "event/secret_scan.hpp"
#include "event/secret_value.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace strandbus {
namespace {

using detail::More;

constexpr std::size_t scanned_bytes = 1024;  // that may lie before what is not decided

/// What joins events; made up by programs, never secret.
constexpr std::array<std::string_view, 8> id_members{"message_id",  "call_id", "tool_call_id",
                                                     "approval_id", "run_id",  "child_run_id",
                                                     "task_id",     "id"};

constexpr bool is_id(std::string_view member) noexcept {
  return std::ranges::find(id_members, member) != id_members.end();
}

/// Whether a text holds secrets; it is then appended to `out` without them.
bool rewrite(const detail::SecretForms& forms, std::string_view text, std::string& out) {
  return detail::SecretScan(forms).advance(text, More::no, out);
}

/// Redacts what a payload consists of.
class Walk {
 public:
  explicit Walk(const Redactor& redactor) noexcept : redactor_(redactor) {}

  bool apply(std::string& text) const { return redactor_.apply(text); }
  bool apply(json::value& value) const { return redactor_.apply(value); }

  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  bool apply(T&) const noexcept { return false; }
  template <class T>
  bool apply(std::optional<T>&) const noexcept {
    static_assert(std::is_trivially_destructible_v<T>,
                  "an optional that holds text is not redacted");
    return false;
  }
  bool apply(NanoUsd&) const noexcept { return false; }

  template <class T>
  bool apply(std::vector<T>& list) const {
    bool changed = false;
    for (T& element : list) changed = apply(element) || changed;
    return changed;
  }

  template <detail::Described T>
  bool apply(T& object) const {
    bool changed = false;
    boost::mp11::mp_for_each<detail::Members<T>>([&](auto member) {
      if constexpr (!is_id(decltype(member)::name))
        changed = apply(object.*member.pointer) || changed;
    });
    return changed;
  }

 private:
  const Redactor& redactor_;
};

/// Whether a member of this name holds a secret, and from where on.
std::optional<std::size_t> secret_in_member(std::string_view name, std::string_view value) {
  using detail::NameKind;
  const NameKind kind = detail::name_kind(name);
  const std::size_t scheme = kind == NameKind::authorization ? detail::scheme_size(value) : 0;
  if (!detail::looks_secret(value.substr(scheme), kind, {.quoted = true})) return std::nullopt;
  return scheme;
}

/// Whether a text is nothing but a marker.
bool is_marker(std::string_view text) noexcept {
  return text.starts_with("[redacted-") && text.find(']') == text.size() - 1;
}

/// Redacts a JSON value.
class JsonWalk {
 public:
  explicit JsonWalk(const detail::SecretForms& forms) noexcept : forms_(forms) {}

  bool apply(json::value& value) const {
    if (json::string* const text = value.if_string()) return apply(*text);
    if (json::object* const object = value.if_object()) return apply(*object);
    json::array* const array = value.if_array();
    if (array == nullptr) return false;
    bool changed = false;
    for (json::value& element : *array) changed = apply(element) || changed;
    return changed;
  }

 private:
  bool apply(json::string& text) const {
    std::string redacted;
    const bool changed = rewrite(forms_, text, redacted);
    if (changed) text = redacted;
    return changed;
  }

  bool apply(json::object& object) const {
    bool changed = false;
    bool renamed = false;
    std::string name;
    for (auto& member : object) {
      changed = apply_member(member.key(), member.value()) || changed;
      renamed = rewrite(forms_, member.key(), name) || renamed;
    }
    if (renamed) object = with_new_names(object);
    return changed || renamed;
  }

  bool apply_member(std::string_view name, json::value& value) const {
    json::string* const text = value.if_string();
    if (text == nullptr || forms_.secret.empty()) return apply(value);
    const auto begin = secret_in_member(name, *text);
    const bool changed = apply(*text);
    if (!begin || (changed && is_marker(std::string_view(*text).substr(*begin)))) return changed;
    text->erase(*begin);
    text->append(forms_.secret);
    return true;
  }

  /// Names that have become the same are told apart by a number.
  json::object with_new_names(const json::object& object) const {
    json::object renamed;
    for (const auto& member : object) {
      std::string name;
      if (!rewrite(forms_, member.key(), name)) name = member.key();
      const std::size_t size = name.size();
      for (int number = 2; renamed.contains(name); ++number)
        name.replace(size, std::string::npos, ' ' + std::to_string(number));
      renamed.emplace(name, member.value());
    }
    return renamed;
  }

  const detail::SecretForms& forms_;
};

}  // namespace

Redactor::Redactor(RedactionOptions options) {
  if (options.mode == Redaction::on) forms_ = std::make_shared<const detail::SecretForms>(options);
}

std::string Redactor::redact(std::string_view text) const {
  std::string redacted;
  return forms_ && rewrite(*forms_, text, redacted) ? redacted : std::string(text);
}

bool Redactor::apply(std::string& text) const {
  if (!forms_) return false;
  std::string redacted;
  const bool changed = rewrite(*forms_, text, redacted);
  if (changed) text = std::move(redacted);
  return changed;
}

bool Redactor::apply(json::value& value) const { return forms_ && JsonWalk(*forms_).apply(value); }

bool Redactor::apply(EventType type, void* payload) const {
  using Apply = bool (*)(const Redactor&, void*);
  static constexpr auto table = []<class... T>(boost::mp11::mp_list<T...>) {
    return std::array<Apply, sizeof...(T)>{+[](const Redactor& redactor, void* p) {
      return Walk(redactor).apply(*static_cast<T*>(p));
    }...};
  }(PayloadTypes{});
  return forms_ && table[static_cast<std::size_t>(type)](*this, payload);
}

const std::vector<std::string_view>& Redactor::kinds() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> kinds{detail::kind_value,         detail::kind_secret,
                                        detail::kind_authorization, detail::kind_url_password,
                                        detail::kind_private_key,   detail::kind_jwt,
                                        detail::kind_telegram,      detail::kind_discord};
    for (const detail::PrefixForm& form : detail::known_prefixes()) kinds.push_back(form.kind);
    std::ranges::sort(kinds);
    kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
    return kinds;
  }();
  return all;
}

StreamRedactor::StreamRedactor(Redactor redactor) : redactor_(std::move(redactor)) {
  if (redactor_.forms_) scan_ = std::make_unique<detail::SecretScan>(*redactor_.forms_);
}

StreamRedactor::StreamRedactor(StreamRedactor&&) noexcept = default;
StreamRedactor& StreamRedactor::operator=(StreamRedactor&&) noexcept = default;
StreamRedactor::~StreamRedactor() = default;

void StreamRedactor::push(std::string& piece) {
  if (!scan_) return;
  const std::size_t begin = scan_->position();
  const bool follows = begin == text_.size();  // nothing is held back
  text_ += piece;
  std::string shown;
  if (scan_->advance(text_, More::yes, shown)) {
    piece = std::move(shown);
  } else if (!follows || scan_->position() != text_.size()) {
    piece.assign(text_, begin, scan_->position() - begin);
  }
  if (scan_->position() > scanned_bytes) forget_what_is_decided();
}

std::string StreamRedactor::flush() {
  std::string shown;
  if (!scan_) return shown;
  const std::size_t begin = scan_->position();
  if (!scan_->advance(text_, More::no, shown)) shown.assign(text_, begin);
  return shown;
}

std::size_t StreamRedactor::held() const noexcept {
  return scan_ ? text_.size() - scan_->position() : 0;
}

void StreamRedactor::forget_what_is_decided() {
  const std::size_t gone = scan_->position() - detail::context_bytes;
  text_.erase(0, gone);
  scan_->forget(gone);
}

Logger redacting_logger(const Logger& logger, Redactor redactor) {
  if (!logger.enabled(LogLevel::error)) return logger;
  return Logger(logger.threshold(),
                [logger, redactor = std::move(redactor)](LogLevel level, std::string_view line) {
                  logger.log(level, redactor.redact(line));
                });
}

}  // namespace strandbus
