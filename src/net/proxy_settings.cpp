#include "net/proxy_settings.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <string_view>

namespace strandbus::detail {
namespace {

using asio::ip::address;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<address> parse_address(const std::string& text) {
  error_code ec;
  const address parsed = asio::ip::make_address(text, ec);
  return ec ? std::nullopt : std::optional(parsed);
}

/// Cuts ":port" off an entry. A bare IPv6 address has colons, but no port.
std::string_view take_port(std::string_view& entry) {
  const auto colon = entry.rfind(':');
  if (colon == std::string_view::npos) return {};
  const bool bracketed = colon > 0 && entry[colon - 1] == ']';
  if (!bracketed && entry.find(':') != colon) return {};
  const std::string_view port = entry.substr(colon + 1);
  entry = entry.substr(0, colon);
  return port;
}

bool network_has(const std::string& network, const address& host) {
  error_code ec;
  if (host.is_v4()) {
    const auto wanted = asio::ip::make_network_v4(network, ec);
    if (ec) return false;
    const asio::ip::network_v4 own(host.to_v4(), wanted.prefix_length());
    return own.canonical() == wanted.canonical();
  }
  const auto wanted = asio::ip::make_network_v6(network, ec);
  if (ec) return false;
  const asio::ip::network_v6 own(host.to_v6(), wanted.prefix_length());
  return own.canonical() == wanted.canonical();
}

/// ".example.com" and "*.example.com" mean what "example.com" means, as curl has it.
bool domain_has(std::string_view domain, std::string_view host) {
  if (domain.starts_with('*')) domain.remove_prefix(1);
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.empty() || !host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

bool entry_matches(std::string_view entry, const Url& url) {
  if (entry == "*") return true;
  const std::string_view port = take_port(entry);
  if (!port.empty() && port != std::to_string(url.port)) return false;
  if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  const std::string name = lower(entry);
  if (const auto host = parse_address(url.host)) {
    return parse_address(name) == host || network_has(name, *host);
  }
  return domain_has(name, url.host);
}

bool goes_directly(std::string_view list, const Url& url) {
  constexpr std::string_view separators = ", \t";
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(separators), list.size());
    if (end > 0 && entry_matches(list.substr(0, end), url)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

boost::system::result<std::optional<Url>, UrlError> proxy_for(const ProxySettings& settings,
                                                              const Url& url) {
  if (settings.https_proxy.empty() || url.is_loopback() || goes_directly(settings.no_proxy, url)) {
    return std::optional<Url>();
  }
  const bool has_scheme = settings.https_proxy.find("://") != std::string::npos;
  auto proxy = parse_url(has_scheme ? settings.https_proxy : "http://" + settings.https_proxy);
  if (!proxy) return UrlError{"the proxy setting is unusable: " + proxy.error().message};
  if (proxy->secure()) {
    return UrlError{
        "the proxy setting is unusable: a proxy is reached by http:// only (what goes through it "
        "is encrypted all the same)"};
  }
  return std::optional<Url>(*std::move(proxy));
}

std::string proxy_authorization(const Url& proxy) {
  if (proxy.userinfo.empty()) return {};
  const bool has_password = proxy.userinfo.find(':') != std::string::npos;
  const std::string user = has_password ? proxy.userinfo : proxy.userinfo + ":";
  std::string encoded(4 * ((user.size() + 2) / 3) + 1, '\0');  // with the NUL that is written too
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(user.data()),
                                   static_cast<int>(user.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return "Basic " + encoded;
}

}  // namespace strandbus::detail
