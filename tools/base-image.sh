#!/bin/sh
# Makes node:<version>-bookworm-slim from Debian packages and the npm registry, where no image registry can be reached:
#   base-image.sh node:24.21.0-bookworm-slim
# Does nothing when it is there. buildah resolves the short name of a Dockerfile's FROM to what is made here.
# Like the public image, it has Node's headers, npm, and a user `node` with uid 1000.
set -eu
cd "$(dirname "$0")/.."
NPM_VERSION=11.21.2
DEBIAN=localhost/debian:bookworm-slim

base=$1
node_version=${base#node:}
node_version=${node_version%-bookworm-slim}
case $base in
  node:[0-9]*.[0-9]*.[0-9]*-bookworm-slim) ;;
  *) echo "Can make node:<version>-bookworm-slim, not '$base'" >&2; exit 64 ;;
esac
BUILDER=buildah
. tools/image-env.sh

has() { buildah inspect --type image "$1" >/dev/null 2>&1; }
if has "localhost/$base"; then exit 0; fi

work=$(mktemp -d "$IMAGE_STATE/base.XXXXXX")
container=''
# shellcheck disable=SC2329 # by the trap
tidy() {
  [ -z "$container" ] || buildah rm "$container" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT TERM

# The machine's own mirror: where Debian packages come from, here.
mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    sed -nE 's/^(deb \[?.*|URIs:) *(https?:[^ ]*\/debian\/?)( .*)?$/\2/p' | head -n 1
}

make_debian() {
  url=$(mirror)
  echo "Making $DEBIAN …"
  SOURCE_DATE_EPOCH=1 mmdebstrap --quiet --variant=apt --components=main --include=ca-certificates,libstdc++6 \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --aptopt='Acquire::Languages "none"' --aptopt='Dir::Cache::pkgcache ""' --aptopt='Dir::Cache::srcpkgcache ""' \
    --aptopt='Acquire::Check-Valid-Until "false"' bookworm "$work/base.tar" "${url:-http://deb.debian.org/debian}"
  podman import -q --change 'CMD ["bash"]' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$work/base.tar" "$DEBIAN" >/dev/null
}

# The npm registry has Node's own program and headers as packages.
make_node() {
  echo "Making localhost/$base …"
  case $(uname -m) in aarch64) arch=arm64 ;; *) arch=x64 ;; esac
  node_package=node-linux-$arch
  (cd "$work" && npm pack --silent "$node_package@$node_version" "npm@$NPM_VERSION" >/dev/null)
  root=$work/root/usr/local
  mkdir -p "$root/lib/node_modules/npm" "$root/bin" "$root/include"
  tar -xzf "$work/$node_package-$node_version.tgz" -C "$work" --no-same-owner package/bin package/include
  mv "$work/package/bin/node" "$root/bin/node"
  mv "$work/package/include/node" "$root/include/node"
  case $arch in arm64) keep=linux-aarch64 ;; *) keep=linux-x86_64 ;; esac
  find "$root/include/node/openssl/archs" -mindepth 1 -maxdepth 1 ! -name "$keep" -exec rm -rf {} +
  tar -xzf "$work/npm-$NPM_VERSION.tgz" -C "$root/lib/node_modules/npm" --no-same-owner --strip-components=1
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/bin/npx"
  chmod 755 "$root/bin/node" "$root"/lib/node_modules/npm/bin/*.js
  container=$(buildah from --pull-never "$DEBIAN")
  buildah run --isolation chroot "$container" -- useradd --create-home --uid 1000 --user-group --shell /bin/bash node
  buildah add -q --chown 0:0 "$container" "$work/root" / >/dev/null
  buildah config --cmd node "$container"
  buildah commit -q --timestamp 0 "$container" "localhost/$base" >/dev/null
}

has "$DEBIAN" || make_debian
make_node
