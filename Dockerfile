# The service alone, on Debian. Build: docker build -t vcsso .   Run: docker run -p 127.0.0.1:8443:8443 vcsso
FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/vcsso vcsso \
 && install -d -m 0700 -o vcsso -g vcsso /var/lib/vcsso /var/lib/vcsso/state /var/lib/vcsso/keys
COPY --from=build /src/target/release/vcsso /usr/local/bin/vcsso
COPY LICENSE NOTICE /usr/share/doc/vcsso/
USER vcsso
WORKDIR /var/lib/vcsso
ENV VCSSO_LISTEN=0.0.0.0:8443 VCSSO_STATE=/var/lib/vcsso/state VCSSO_KEYS=/var/lib/vcsso/keys
EXPOSE 8443
VOLUME ["/var/lib/vcsso/state", "/var/lib/vcsso/keys"]
# The health listener stays on the container's own loopback.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["vcsso", "healthcheck"]
CMD ["vcsso", "serve"]
