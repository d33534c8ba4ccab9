#include "cli/process_environment.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STRANDBUS_SANITIZED 1
#elif defined(__has_feature)
#define STRANDBUS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define STRANDBUS_SANITIZED 0
#endif

namespace strandbus::cli {
namespace {

/// What the program, its libraries and its commands need.
constexpr std::array<std::string_view, 25> kept_names{"PATH",
                                                      "HOME",
                                                      "LANG",
                                                      "LC_ALL",
                                                      "LC_CTYPE",
                                                      "TERM",
                                                      "TMPDIR",
                                                      "TZ",
                                                      "NO_COLOR",
                                                      "COLUMNS",
                                                      "LINES",
                                                      "SSL_CERT_FILE",
                                                      "SSL_CERT_DIR",
                                                      "HTTPS_PROXY",
                                                      "https_proxy",
                                                      "NO_PROXY",
                                                      "no_proxy",
                                                      "OTEL_EXPORTER_OTLP_ENDPOINT",
                                                      "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                                                      "OTEL_EXPORTER_OTLP_TIMEOUT",
                                                      "OTEL_EXPORTER_OTLP_COMPRESSION",
                                                      "OTEL_EXPORTER_OTLP_PROTOCOL",
                                                      "OTEL_SERVICE_NAME",
                                                      "OTEL_RESOURCE_ATTRIBUTES",
                                                      "OTEL_SDK_DISABLED"};

constexpr std::string_view key_option = "--api-key-env";

bool is_kept(std::string_view name) {
  return name.starts_with("XDG_") || std::ranges::find(kept_names, name) != kept_names.end();
}

/// OpenTelemetry keeps its keys in a list of headers.
bool is_secret(std::string_view name) {
  return name.ends_with("_KEY") || name.ends_with("_TOKEN") || name == "OTEL_EXPORTER_OTLP_HEADERS";
}

/// Whether the name of a variable says that nobody may read its value.
bool says_secret(std::string_view name) {
  constexpr std::array<std::string_view, 6> words{"KEY",      "TOKEN",  "SECRET",
                                                  "PASSWORD", "PASSWD", "CREDENTIAL"};
  constexpr std::array<std::string_view, 4> ends{"_PASS", "_PWD", "_PAT", "_AUTH"};
  return std::ranges::any_of(
             words, [&](auto word) { return name.find(word) != std::string_view::npos; }) ||
         std::ranges::any_of(ends, [&](auto end) { return name.ends_with(end); });
}

/// Whether a value is a text of its own, which would not stand in an ordinary sentence.
bool is_secret_value(std::string_view value) {
  constexpr std::size_t shortest = 8;
  constexpr std::array<std::string_view, 5> flags{"disabled", "required", "optional", "anonymous",
                                                  "unlimited"};
  constexpr std::string_view paths_and_options = "/.~-";
  return value.size() >= shortest &&
         paths_and_options.find(value.front()) == std::string_view::npos &&
         std::ranges::find(flags, value) == flags.end();
}

/// The variable that the arguments name as a secret; empty if none.
std::string_view named_secret(const std::vector<std::string_view>& arguments) {
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (!argument->starts_with(key_option)) continue;
    const std::string_view rest = argument->substr(key_option.size());
    if (rest.starts_with('=')) return rest.substr(1);
    if (rest.empty() && std::next(argument) != arguments.end()) return *std::next(argument);
  }
  return {};
}

void wipe(char* text, std::size_t size) noexcept { ::explicit_bzero(text, size); }

char* nothing[] = {nullptr};

}  // namespace

ProcessEnvironment ProcessEnvironment::take(const std::vector<std::string_view>& arguments) {
  ProcessEnvironment environment;
  const std::string_view named = named_secret(arguments);
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t end = text.find('=');
    const std::string_view name = text.substr(0, end);
    const std::string_view value = end == std::string_view::npos ? "" : text.substr(end + 1);
    if ((says_secret(name) || name == named) && is_secret_value(value))
      environment.secret_values_.emplace_back(value);
    if (end == std::string_view::npos) {
      // No variable; nobody could ask for it.
    } else if (is_secret(name) || (!named.empty() && name == named)) {
      environment.secrets_.emplace(name, value);
    } else if (is_kept(name)) {
      environment.keep(text);
    }
    wipe(*entry, text.size());
  }
  environment.replace_environ();
  return environment;
}

ProcessEnvironment::~ProcessEnvironment() {
  for (auto& secret : secrets_) wipe(secret.second.data(), secret.second.size());
  for (std::string& value : secret_values_) wipe(value.data(), value.size());
  if (!pointers_.empty() && environ == pointers_.data()) environ = nothing;
}

std::optional<std::string> ProcessEnvironment::get(std::string_view name) const {
  for (const std::vector<char>& entry : kept_) {
    const std::string_view text(entry.data());
    if (text.starts_with(name) && text.substr(name.size()).starts_with('='))
      return std::string(text.substr(name.size() + 1));
  }
  return std::nullopt;
}

bool ProcessEnvironment::has_secret(const std::string& name) const {
  const auto secret = secrets_.find(name);
  return secret != secrets_.end() && !secret->second.empty();
}

std::optional<std::string> ProcessEnvironment::take_secret(const std::string& name) {
  if (!has_secret(name)) return std::nullopt;
  const auto secret = secrets_.find(name);
  std::string value = secret->second;
  wipe(secret->second.data(), secret->second.size());
  secrets_.erase(secret);
  return value;
}

void ProcessEnvironment::keep(std::string_view entry) {
  std::vector<char> copy(entry.begin(), entry.end());
  copy.push_back('\0');
  kept_.push_back(std::move(copy));
}

void ProcessEnvironment::replace_environ() {
  for (std::vector<char>& entry : kept_) pointers_.push_back(entry.data());
  pointers_.push_back(nullptr);
  environ = pointers_.data();
}

void forbid_inspection() noexcept {
#if !STRANDBUS_SANITIZED
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

}  // namespace strandbus::cli
