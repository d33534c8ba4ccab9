#include "server/viewer_reply.hpp"

#include "server/accept_header.hpp"

#include <utility>

namespace strandbus::detail {
namespace {

void add_header(HttpReply& reply, std::string name, std::string value) {
  HttpHeader header;
  header.name = std::move(name);
  header.value = std::move(value);
  reply.headers.push_back(std::move(header));
}

}  // namespace

HttpReply viewer_reply(const ViewerFiles::File& file, const ShowViewer& wanted) {
  // Other bytes have another tag (RFC 9110, section 8.8.3.3).
  const std::string tag = '"' + file.digest + (wanted.gzip ? "-gzip\"" : "\"");
  HttpReply reply;
  add_header(reply, "ETag", tag);
  // It is asked for again each time: a server that was replaced brings another page.
  add_header(reply, "Cache-Control", "no-cache");
  add_header(reply, "Vary", "Accept, Accept-Encoding");
  add_header(reply, "Content-Security-Policy", std::string(viewer_policy));
  add_header(reply, "Cross-Origin-Opener-Policy", "same-origin");
  add_header(reply, "Cross-Origin-Resource-Policy", "same-origin");
  if (holds_tag(wanted.known, tag)) {
    reply.status = 304;
    return reply;
  }
  reply.content_type = file.content_type;
  if (wanted.gzip) add_header(reply, "Content-Encoding", "gzip");
  reply.body = wanted.gzip ? file.gzipped : file.text;
  return reply;
}

}  // namespace strandbus::detail
