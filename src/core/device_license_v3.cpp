// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/authorization.hpp"

#include "report.hpp"
#include "request_body.hpp"

namespace here_tracking {

Status DeviceLicenseV3::send(Client& client, Report& report) const {
  ObjectBody body(*report.body, {}, {});
  report.target = v3_target;
  report.body = &body;
  return send_for_itself(client, report);
}

}  // namespace here_tracking
