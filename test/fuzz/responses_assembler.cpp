#include "llm/responses_assembler.hpp"

#include "fuzz/assembled.hpp"
#include "llm/responses_request.hpp"

namespace {

std::string next_request(const strandbus::ModelRequest& request, const std::string& origin) {
  strandbus::detail::ResponsesDialect dialect;
  dialect.origin = origin;
  return strandbus::detail::responses_request(request, dialect);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Assembler = strandbus::detail::ResponsesAssembler;
  return strandbus::fuzz::fuzz_assembler<Assembler>(data, size, next_request);
}
