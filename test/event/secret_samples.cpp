#include "event/secret_samples.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace strandbus::testing {
namespace {

constexpr std::string_view letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view hex = "0123456789abcdef";

/// Characters that look like chance, always the same; digits and capitals come early.
std::string body(std::size_t size, std::string_view alphabet = letters) {
  std::string text = alphabet == letters ? "Q7x" : "";
  std::uint32_t state = static_cast<std::uint32_t>(size) * 2654435761U + 12345U;
  while (text.size() < size) {
    state = state * 1664525U + 1013904223U;
    text += alphabet[(state >> 16U) % alphabet.size()];
  }
  return text.substr(0, size);
}

struct Key {
  std::string kind;
  std::string prefix;
  std::size_t size;
  std::string_view alphabet;
};

class Samples {
 public:
  void add(std::string kind, std::string before, std::string secret, std::string after = " ok") {
    all.push_back({std::move(kind), std::move(before), std::move(secret), std::move(after)});
  }
  void add_keys() {
    const std::vector<Key> keys{
        {"openai-key", "sk-", 48, letters},
        {"openai-key", "sk-proj-", 64, letters},
        {"openai-key", "sk-svcacct-", 64, letters},
        {"anthropic-key", "sk-ant-api03-", 95, letters},
        {"openrouter-key", "sk-or-v1-", 64, hex},
        {"google-key", "AIza", 35, letters},
        {"google-key", "GOCSPX-", 28, letters},
        {"google-token", "ya29.", 60, letters},
        {"google-token", "1//0", 40, letters},
        {"huggingface-token", "hf_", 34, letters},
        {"groq-key", "gsk_", 52, letters},
        {"xai-key", "xai-", 80, letters},
        {"replicate-token", "r8_", 37, letters},
        {"perplexity-key", "pplx-", 48, letters},
        {"nvidia-key", "nvapi-", 64, letters},
        {"langsmith-key", "lsv2_pt_", 40, hex},
        {"github-token", "ghp_", 36, letters},
        {"github-token", "gho_", 36, letters},
        {"github-token", "ghs_", 36, letters},
        {"github-token", "github_pat_", 82, letters},
        {"gitlab-token", "glpat-", 20, letters},
        {"gitlab-token", "glrt-", 20, letters},
        {"npm-token", "npm_", 36, letters},
        {"pypi-token", "pypi-AgEIcHlwaS5vcmc", 100, letters},
        {"rubygems-key", "rubygems_", 48, hex},
        {"docker-token", "dckr_pat_", 27, letters},
        {"atlassian-token", "ATATT3", 180, letters},
        {"aws-key-id", "AKIA", 16, upper},
        {"aws-key-id", "ASIA", 16, upper},
        {"aws-bedrock-key", "ABSK", 108, letters},
        {"digitalocean-token", "dop_v1_", 64, hex},
        {"databricks-token", "dapi", 32, hex},
        {"doppler-token", "dp.pt.", 43, letters},
        {"vault-token", "hvs.", 90, letters},
        {"supabase-token", "sbp_", 40, hex},
        {"age-key", "AGE-SECRET-KEY-1", 58, upper},
        {"slack-token", "xoxb-", 52, letters},
        {"slack-token", "xoxp-", 70, letters},
        {"slack-token", "xapp-1-", 90, letters},
        {"stripe-key", "sk_live_", 24, letters},
        {"stripe-key", "rk_test_", 24, letters},
        {"stripe-key", "whsec_", 32, letters},
        {"twilio-key", "SK", 32, hex},
        {"mailgun-key", "key-", 32, hex},
        {"shopify-token", "shpat_", 32, hex},
        {"square-token", "sq0atp-", 22, letters},
        {"linear-key", "lin_api_", 40, letters},
        {"notion-token", "ntn_", 46, letters},
        {"figma-token", "figd_", 40, letters},
        {"grafana-token", "glsa_", 41, letters},
        {"newrelic-key", "NRAK-", 27, upper},
    };
    for (const Key& key : keys)
      add(key.kind, "the key is ", key.prefix + body(key.size, key.alphabet));
    add("sendgrid-key", "mail ", "SG." + body(22) + "." + body(43));
    add("slack-webhook", "https://hooks.slack.com/services/",
        "T0" + body(8) + "/B0" + body(8) + "/" + body(24));
    add("discord-webhook", "https://discord.com/api/webhooks/", "987654321098765432/" + body(68));
    add("telegram-token", "https://api.telegram.org/bot123456789:", body(35), "/getMe");
    add("discord-token", "bot MTk4NjIyNDgzNDcxOTI1MjQ4.", body(6) + "." + body(38));
  }
  void add_headers() {
    const std::string jwt = "eyJ" + body(33) + ".eyJ" + body(70) + "." + body(43);
    add("jwt", "token is ", jwt);
    add("jwt", "'", "eyJ" + body(700) + ".eyJ" + body(20) + "." + body(20), "'");
    add("authorization", "Bearer ", body(40));
    add("authorization", "curl -H 'Authorization: Bearer ", body(24), "' https://example.com");
    add("authorization", "\"Authorization\": \"token ", body(30), "\"");
    add("authorization", "authorization: Basic ", "dXNlcjpwYXNzd29yZA==", "\r\nHost: a");
    add("authorization", "Proxy-Authorization: Basic ", "YWRtaW46aHVudGVyMg==", "\n");
    const std::string lines = body(64) + "\n" + body(64) + "\n" + body(12) + "==\n";
    for (const std::string label : {"RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY",
                                    "EC PRIVATE KEY", "PGP PRIVATE KEY BLOCK"}) {
      add("private-key", "key:\n",
          "-----BEGIN " + label + "-----\n" + lines + "-----END " + label + "-----", "\nend");
    }
    add("private-key", "\"key\":\"",
        "-----BEGIN PRIVATE KEY-----\\n" + body(64) + "\\n" + body(40) +
            "\\n-----END PRIVATE KEY-----",
        "\\n\"");
    add("private-key", "cut ",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n" + body(64), "\" and so on");
    add("private-key", "body ", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU" + body(80));
  }
  void add_addresses() {
    add("url-password", "postgres://app:", "S3cr3t!pass", "@db.example.com:5432/app");
    add("url-password", "redis://:", "hunter2hunter2", "@cache:6379/0");
    add("url-password", "https://user:", "p@ss:w0rd!", "@example.com/path");
    add("url-password", "amqp://guest:", body(20), "@mq");
    add("secret", "Server=db;User Id=sa;Password=", "Sup3rSecret!", ";Encrypt=true");
    add("secret", "AccountName=a;AccountKey=", body(86) + "==", ";EndpointSuffix=core");
    add("secret", "https://a.blob.core.windows.net/c?sv=2022&sig=", body(43) + "%3D", "&se=2027");
    add("secret", "curl -u admin:", "hunter2x", " https://example.com");
  }
  void add_assignments() {
    add("secret", "aws_secret_access_key = ", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz9" + body(7), "\n");
    add("secret", "export API_KEY=", body(32), "\n");
    add("secret", "DB_PASSWORD=", "letMeInPlease", "\n");
    add("secret", "\"password\": \"", "Tr0ub4dor&3", "\", \"user\": \"x\"");
    add("secret", "password: '", "hunter2hunter", "'");
    add("secret", "{\\\"client_secret\\\": \\\"", body(40), "\\\"}");
    add("secret", "MAILGUN_KEY=", body(32, hex), " ");
    add("secret", "config['auth_token'] = '", body(25), "'");
    add("secret", "mysql --password ", "Gr8Passw0rd", " -u root");
    add("secret", "x-api-key: ", body(36), "\r\n");
    add("secret", "refreshToken => \"", body(200), "\"");
    add("openai-key", "OPENAI_API_KEY=", "sk-proj-" + body(100), "\n");
    add("github-token", "GITHUB_TOKEN=\"", "ghp_" + body(36), "\"");
    add("github-token", "log\\n", "ghp_" + body(36), "\\n");
    add("openai-key", "q=a%20", "sk-" + body(48), "&b");
    add("openai-key", "\x1b[31m", "sk-" + body(48), "\x1b[0m");
  }
  void add_values() {
    add("value", "it says ", registered_value);
    add("value", "glued", registered_value, "together");
    add("value", "{\"a\":\"", "tr\\\"icky \\\\ v\\u0001alue/42", "\"}");
    add("value", "q=", "tr%22icky%20%5C%20v%01alue%2F42", "&x");
    add("value", "q=", "tr%22icky+%5C+v%01alue%2F42", "&x");
    add("value", "b64 ", "dHIiaWNreSBcIHYBYWx1ZS80M", "g==");
  }

  std::vector<SecretSample> all;
};

}  // namespace

const std::string registered_value =
    "tr\"icky \\ v\x01"
    "alue/42";

const std::vector<SecretSample>& secret_samples() {
  static const std::vector<SecretSample> samples = [] {
    Samples made;
    made.add_keys();
    made.add_headers();
    made.add_addresses();
    made.add_assignments();
    made.add_values();
    return made.all;
  }();
  return samples;
}

bool leaks(std::string_view text, std::string_view secret) {
  const std::size_t readable = std::min<std::size_t>(secret.size(), 12);
  for (std::size_t i = 0; i + readable <= secret.size(); ++i) {
    if (text.find(secret.substr(i, readable)) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace strandbus::testing
