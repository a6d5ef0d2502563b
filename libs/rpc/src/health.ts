import {
  status as grpcStatus,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Server,
  type ServerWritableStream,
} from "@grpc/grpc-js";
import {
  type HealthCheckRequest,
  HealthCheckResponse,
  type HealthCheckResponse_ServingStatus,
  type HealthListRequest,
  HealthListResponse,
  type HealthServer,
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "./gen/health.ts";

/** Of the server as a whole; its services have no health of their own. */
const WHOLE = "";

/**
 * gRPC's health service. The library for it reads its definition from a file when it is loaded, which took a twentieth of the start of
 * every process.
 */
export class Health {
  #status: HealthCheckResponse_ServingStatus = ServingStatus.SERVING;
  readonly #watchers = new Set<ServerWritableStream<HealthCheckRequest, HealthCheckResponse>>();

  /** Adds `grpc.health.v1.Health` to what the server answers. */
  addTo(server: Server): void {
    const service: HealthServer = { check: this.#check, watch: this.#watch, list: this.#list };
    server.addService(HealthService, service);
  }

  /** Tells those who watch, too. */
  setServing(isServing: boolean): void {
    this.#status = isServing ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    for (const watcher of this.#watchers) watcher.write(this.#current());
  }

  #current(): HealthCheckResponse {
    return HealthCheckResponse.fromPartial({ status: this.#status });
  }

  readonly #check: handleUnaryCall<HealthCheckRequest, HealthCheckResponse> = ({ request: { service } }, callback) => {
    if (service === WHOLE) return callback(null, this.#current());
    callback({ code: grpcStatus.NOT_FOUND, details: `Health status unknown for service ${service}` });
  };

  readonly #watch: handleServerStreamingCall<HealthCheckRequest, HealthCheckResponse> = (call) => {
    // Whoever asks for a service that is not there waits for one to come, says the protocol.
    if (call.request.service !== WHOLE) {
      call.write(HealthCheckResponse.fromPartial({ status: ServingStatus.SERVICE_UNKNOWN }));
      return;
    }
    this.#watchers.add(call);
    call.on("cancelled", () => this.#watchers.delete(call));
    call.write(this.#current());
  };

  readonly #list: handleUnaryCall<HealthListRequest, HealthListResponse> = (_call, callback) =>
    callback(null, HealthListResponse.fromPartial({ statuses: { [WHOLE]: this.#current() } }));
}
