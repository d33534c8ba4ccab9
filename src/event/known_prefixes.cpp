#include "event/secret_forms.hpp"

namespace strandbus::detail {
namespace {

PrefixForm token(std::string_view kind, std::string_view prefix, std::size_t least) {
  return {.kind = kind, .prefix = prefix, .least = least};
}

PrefixForm dotted(std::string_view kind, std::string_view prefix, std::size_t least) {
  return {
      .kind = kind, .prefix = prefix, .least = least, .chars = dotted_chars, .tail = Tail::dotted};
}

PrefixForm base64(std::string_view kind, std::string_view prefix, std::size_t least) {
  return {.kind = kind, .prefix = prefix, .least = least, .chars = token68, .tail = Tail::token68};
}

PrefixForm upper(std::string_view kind, std::string_view prefix, std::size_t least) {
  return {.kind = kind, .prefix = prefix, .least = least, .chars = upper_digits};
}

PrefixForm hex(std::string_view kind, std::string_view prefix, std::size_t least) {
  return {.kind = kind, .prefix = prefix, .least = least, .chars = hex_digits};
}

/// One that words begin with too: capital letters or digits must follow.
PrefixForm mixed(PrefixForm form) {
  form.mixed = PrefixForm::Mixed::yes;
  return form;
}

/// An address whose path is the secret.
PrefixForm address(std::string_view kind, std::string_view prefix) {
  return {.kind = kind,
          .prefix = prefix,
          .least = 16,
          .chars = token68,
          .tail = Tail::token68,
          .stays = PrefixForm::Stays::yes};
}

void add_models(std::vector<PrefixForm>& all) {
  all.push_back(mixed(token("anthropic-key", "sk-ant-", 16)));
  all.push_back(mixed(token("openrouter-key", "sk-or-", 16)));
  all.push_back(mixed(token("langfuse-key", "sk-lf-", 16)));
  all.push_back(mixed(token("openai-key", "sk-", 20)));
  all.push_back(token("google-key", "AIza", 30));
  all.push_back(token("google-key", "GOCSPX-", 20));
  all.push_back(dotted("google-token", "ya29.", 20));
  all.push_back(token("google-token", "1//0", 30));
  all.push_back(token("huggingface-token", "hf_", 30));
  all.push_back(token("huggingface-token", "api_org_", 30));
  all.push_back(token("groq-key", "gsk_", 30));
  all.push_back(token("xai-key", "xai-", 30));
  all.push_back(token("replicate-token", "r8_", 30));
  all.push_back(token("perplexity-key", "pplx-", 30));
  all.push_back(token("nvidia-key", "nvapi-", 30));
  all.push_back(token("tavily-key", "tvly-", 20));
  all.push_back(token("langsmith-key", "lsv2_", 32));
}

void add_code_hosts(std::vector<PrefixForm>& all) {
  for (const std::string_view prefix : {"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"})
    all.push_back(token("github-token", prefix, 20));
  for (const std::string_view prefix : {"glpat-", "gldt-", "glrt-", "glft-", "glsoat-", "glptt-",
                                        "glcbt-", "glimt-", "glagent-", "gloas-", "glffct-"})
    all.push_back(mixed(dotted("gitlab-token", prefix, 16)));
  all.push_back(token("npm-token", "npm_", 30));
  all.push_back(token("pypi-token", "pypi-Ag", 30));
  all.push_back(token("rubygems-key", "rubygems_", 32));
  all.push_back(token("docker-token", "dckr_pat_", 20));
  all.push_back(base64("atlassian-token", "ATATT3", 30));
}

void add_clouds(std::vector<PrefixForm>& all) {
  for (const std::string_view prefix : {"AKIA", "ASIA", "ABIA", "ACCA"})
    all.push_back(upper("aws-key-id", prefix, 16));
  all.push_back(base64("aws-bedrock-key", "ABSK", 40));
  for (const std::string_view prefix : {"dop_v1_", "doo_v1_", "dor_v1_"})
    all.push_back(hex("digitalocean-token", prefix, 32));
  all.push_back(hex("databricks-token", "dapi", 32));
  all.push_back(dotted("doppler-token", "dp.pt.", 30));
  all.push_back(dotted("doppler-token", "dp.st.", 30));
  all.push_back(dotted("vault-token", "hvs.", 20));
  all.push_back(dotted("vault-token", "hvb.", 20));
  all.push_back(token("pulumi-token", "pul-", 40));
  all.push_back(token("planetscale-token", "pscale_tkn_", 30));
  all.push_back(token("planetscale-token", "pscale_pw_", 30));
  all.push_back(hex("supabase-token", "sbp_", 32));
  all.push_back(upper("age-key", "AGE-SECRET-KEY-1", 40));
}

void add_services(std::vector<PrefixForm>& all) {
  for (const std::string_view prefix :
       {"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxc-", "xoxd-", "xapp-"})
    all.push_back(token("slack-token", prefix, 12));
  all.push_back(dotted("slack-token", "xoxe.xox", 16));
  all.push_back(address("slack-webhook", "hooks.slack.com/services/"));
  all.push_back(address("discord-webhook", "discord.com/api/webhooks/"));
  all.push_back(address("discord-webhook", "discordapp.com/api/webhooks/"));
  for (const std::string_view prefix : {"sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"})
    all.push_back(mixed(token("stripe-key", prefix, 16)));
  all.push_back(mixed(dotted("sendgrid-key", "SG.", 32)));
  all.push_back(hex("twilio-key", "SK", 32));
  all.push_back(hex("mailgun-key", "key-", 32));
  for (const std::string_view prefix : {"shpat_", "shpss_", "shpca_", "shppa_"})
    all.push_back(hex("shopify-token", prefix, 32));
  all.push_back(token("square-token", "sq0atp-", 20));
  all.push_back(token("square-token", "sq0csp-", 30));
  all.push_back(token("linear-key", "lin_api_", 30));
  all.push_back(token("notion-token", "ntn_", 30));
  all.push_back(token("figma-token", "figd_", 30));
  all.push_back(base64("sentry-token", "sntrys_", 30));
  all.push_back(token("grafana-token", "glsa_", 30));
  all.push_back(base64("grafana-token", "glc_", 30));
  all.push_back(token("newrelic-key", "NRAK-", 20));
  all.push_back(token("posthog-key", "phx_", 30));
  all.push_back(token("postman-key", "PMAK-", 30));
  // The beginning of every OpenSSH private key without its first line.
  all.push_back(base64(kind_private_key, "b3BlbnNzaC1rZXktdjE", 16));
}

}  // namespace

const std::vector<PrefixForm>& known_prefixes() {
  static const std::vector<PrefixForm> all = [] {
    std::vector<PrefixForm> forms;
    add_models(forms);
    add_code_hosts(forms);
    add_clouds(forms);
    add_services(forms);
    return forms;
  }();
  return all;
}

}  // namespace strandbus::detail
