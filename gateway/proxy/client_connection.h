// What the worker needs of any client's connection, whatever it speaks.
#pragma once

#include <cstdint>
#include <memory>

#include "gateway/base/error.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/io/loop.h"

namespace penstock::proxy {

/// Owns itself: lives from accept() until its socket is closed. Listed in Context::connections meanwhile. Belongs to
/// its worker's thread.
class ClientConnection : public io::Disposable, public ListLink {
 public:
  /// No request is under way or has begun to arrive.
  virtual bool idle() const = 0;
  /// Nothing has been asked on it yet.
  virtual bool fresh() const = 0;
  /// Ends an idle connection so that the client can tell: FIN first, the rest when the client has closed.
  virtual void close_gracefully() = 0;
  /// At once; exchanges under way are given up.
  virtual void close(ErrorKind why) = 0;
  /// Ends the exchanges under way at once that began under the view of this number, or an earlier one.
  virtual void end_exchanges_of(std::uint64_t view_number) = 0;
  /// ListenerContext::closing of the listener that it came in by.
  virtual const std::shared_ptr<bool>& listener_closing() const = 0;
};

}  // namespace penstock::proxy
