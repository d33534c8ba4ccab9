#pragma once

#include "strandbus/event/payloads.hpp"
#include "strandbus/log.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus {
namespace detail {

struct SecretForms;
class SecretScan;

}  // namespace detail

/// Whether secrets are taken out of a text.
enum class Redaction : bool { off, on };

/// A form of secret of the application: everything that begins like this.
struct SecretPrefix {
  /// What the marker calls it: 1 to 40 of a-z, 0-9 and '-', for example "acme-key".
  std::string kind{};
  /// How it begins: 3 to 64 bytes, the first a letter or digit; before it stands none.
  std::string prefix{};
  /// How many of A-Z, a-z, 0-9, '_' and '-' must follow at least; all that follow belong to it.
  /// 4 to 128.
  std::size_t length = 16;
};

/// What counts as a secret.
struct RedactionOptions {
  Redaction mode = Redaction::on;
  /// Exact texts that nobody may read, for example the values of secret variables. At least 8 bytes
  /// each. Found anywhere, also escaped for JSON, percent-encoded and as part of a base64 text.
  std::vector<std::string> values{};
  /// Forms beyond the built-in ones.
  std::vector<SecretPrefix> prefixes{};
  /// Kinds that may be shown: names of Redactor::kinds() or of `prefixes`.
  std::vector<std::string> shown_kinds{};
};

/// Replaces secrets in texts by a marker that tells the kind and nothing of the value:
/// `[redacted-openai-key]`. Looks for keys and tokens of known services, authorization headers,
/// JSON Web Tokens, private keys, passwords in URLs, assignments to names that say secret, and the
/// values that the application registers. See docs/redaction.md.
///
/// Threads: any thread; it never changes. Copies share what was made of the options.
class Redactor {
 public:
  /// Errors: std::invalid_argument naming the option whose value is not allowed; not the value.
  explicit Redactor(RedactionOptions options = {});

  /// `text` without secrets.
  /// Cost: linear in the text, whatever it says.
  std::string redact(std::string_view text) const;

  // In place; each says whether something was replaced.

  bool apply(std::string& text) const;
  /// Texts in a JSON value, names of members too. The structure stays.
  bool apply(json::value& value) const;
  /// All texts of a payload but the ids that join events: message_id, call_id, tool_call_id,
  /// approval_id, run_id, child_run_id, task_id, and the id of a message. Deltas too are looked at
  /// each by itself: StreamRedactor sees a secret that is split.
  template <PayloadType T>
  bool apply(T& payload) const {
    return apply(T::event_type, &payload);
  }

  /// What the built-in forms are called.
  static const std::vector<std::string_view>& kinds();

 private:
  friend class StreamRedactor;

  bool apply(EventType type, void* payload) const;

  std::shared_ptr<const detail::SecretForms> forms_;  ///< null: redaction is off
};

/// Takes the secrets out of a text that comes in pieces, however it is cut. What may be the
/// beginning of a secret is held back until what follows decides it; ordinary text is not.
/// The pieces that come out are together what Redactor::redact makes of the whole text.
///
/// Threads: distinct objects.
class StreamRedactor {
 public:
  explicit StreamRedactor(Redactor redactor);
  StreamRedactor(StreamRedactor&&) noexcept;
  StreamRedactor& operator=(StreamRedactor&&) noexcept;
  ~StreamRedactor();

  /// Takes the next piece and leaves in its place what can be shown now.
  void push(std::string& piece);

  /// The end, or a break: what is still held back, for nothing follows that could decide it.
  std::string flush();

  /// How much is held back. Bytes: bounded by the longest registered value, at least 1 KiB.
  std::size_t held() const noexcept;

 private:
  void forget_what_is_decided();

  Redactor redactor_;
  std::unique_ptr<detail::SecretScan> scan_;
  std::string text_;  ///< what scanning still looks at, and then what is not decided
};

/// A logger whose lines lose their secrets before they reach `logger`.
Logger redacting_logger(const Logger& logger, Redactor redactor);

}  // namespace strandbus
