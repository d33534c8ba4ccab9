#pragma once

#include "strandbus/wire/dialect_decoder.hpp"

namespace strandbus::detail {

std::unique_ptr<DialectDecoder> make_native_decoder(DialectDecoderOptions options);
std::unique_ptr<DialectDecoder> make_agent_runner_decoder(DialectDecoderOptions options);
std::unique_ptr<DialectDecoder> make_ag_ui_decoder(DialectDecoderOptions options);
std::unique_ptr<DialectDecoder> make_agent_event_decoder(DialectDecoderOptions options);
std::unique_ptr<DialectDecoder> make_lifecycle_decoder(DialectDecoderOptions options);
std::unique_ptr<DialectDecoder> make_trace_event_decoder(DialectDecoderOptions options);

}  // namespace strandbus::detail
