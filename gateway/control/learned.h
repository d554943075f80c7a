// What one process hands to the next of what it has learned: what is dear to relearn, at the clients' cost (limits
// start over, cookies are void, dead endpoints are asked), or at the engineer's who has thrown a switch. Latencies,
// breakers and counters are soon there again.
#pragma once

#include <string>

#include "gateway/base/key_values.h"
#include "gateway/control/data_plane.h"
#include "gateway/io/tls/ticket_keys.h"
#include "gateway/observe/metrics.h"

namespace penstock {

/// All of it. `upgrades`: those so far, this one not among them. Control thread.
KeyValues learned_by(const DataPlane& plane, io::TicketKeys& tickets, const observe::UpgradeMetrics& upgrades);

// ---- the other side: what is not there is as at a first start

/// Those of the process before, or else new ones: cookies stay good, and keys keep their counts.
DataPlane::Secrets learned_secrets(const KeyValues& learned);
/// Before the blueprint is at work.
void recall_limits(const KeyValues& learned, const proxy::Blueprint& blueprint);
/// Clients resume their TLS sessions here as they would have there.
void recall_tickets(const KeyValues& learned, io::TicketKeys& tickets);
/// Routes that were degraded by hand. Before requests are served.
void recall_switches(const KeyValues& learned, const proxy::Blueprint& blueprint);
observe::UpgradeMetrics learned_upgrades(const KeyValues& learned);

}  // namespace penstock
