// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/transport.hpp"

namespace board {

namespace ht = here_tracking;

class Transport final : public ht::Transport {
 public:
  // A modem with its own HTTPS, or the HTTP client of an IP stack. Verify chain and name; give the
  // handler the status, the headers, then the body as it comes, without what it was transferred in.
  ht::Status exchange(const ht::HttpRequest& request, ht::ResponseHandler& response) override {
    (void)request;
    (void)response;
    return ht::Code::not_provided;
  }
};

}  // namespace board
