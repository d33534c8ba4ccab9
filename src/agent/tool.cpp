#include "strandbus/agent/tool.hpp"

namespace strandbus {

Tool::~Tool() = default;

}  // namespace strandbus
