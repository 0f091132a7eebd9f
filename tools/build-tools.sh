#!/bin/sh
# Builds the real programs that tests stand on into .cache/tools/bin: build-tools.sh [FAMILY …]
# Without a family: all. tools/FAMILY is a Go module that pins the published modules which the programs are built from.
# Skips what is there and was built from the same; needs Go only for the rest.
set -eu
cd "$(dirname "$0")/.."
ROOT=$PWD
BIN=$ROOT/.cache/tools/bin
STAMPS=$ROOT/.cache/tools/stamps
LOG=$ROOT/.cache/tools/build.log

# Each line: program, family, package.
TOOLS='etcd                     kube          go.etcd.io/etcd/server/v3
kube-apiserver           kube          k8s.io/kubernetes/cmd/kube-apiserver
kubectl                  kube          k8s.io/kubernetes/cmd/kubectl
kube-controller-manager  kube          k8s.io/kubernetes/cmd/kube-controller-manager
kube-scheduler           kube          k8s.io/kubernetes/cmd/kube-scheduler
kwok                     kwok          sigs.k8s.io/kwok/cmd/kwok
oauth2-proxy             oauth2-proxy  github.com/oauth2-proxy/oauth2-proxy/v7
pulumi                   pulumi        github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
traefik                  traefik       github.com/traefik/traefik/v3/cmd/traefik'

# version MODULE: the one that the go.mod of $family pins.
version() { awk -v module="$1" '$1 == module && $2 != "=>" { print $2 }' "tools/$family/go.mod"; }

# stamp VARIABLE VALUE: sets a variable of the program.
stamp() { ldflags="$ldflags -X $1=$2"; }

# Sets tags and ldflags of $program as its project's own build does: without them, programs do not know their version.
flags() {
  tags='' ldflags='-s -w'
  case $program in
    kube*)
      tags=selinux,notest,grpcnotrace
      kube=$(version k8s.io/kubernetes)
      minor=${kube#v1.}
      for stamped in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        stamp "$stamped.gitVersion" "$kube"
        stamp "$stamped.gitMajor" 1
        stamp "$stamped.gitMinor" "${minor%%.*}"
        stamp "$stamped.gitTreeState" clean
        stamp "$stamped.buildDate" 1970-01-01T00:00:00Z
      done
      ;;
    oauth2-proxy) stamp github.com/oauth2-proxy/oauth2-proxy/v7/pkg/version.VERSION "$(version github.com/oauth2-proxy/oauth2-proxy/v7)" ;;
    pulumi)
      tags=osusergo,grpcnotrace
      stamp github.com/pulumi/pulumi/sdk/v3/go/common/version.Version "$(version github.com/pulumi/pulumi/sdk/v3)"
      ;;
    traefik)
      traefik=$(version github.com/traefik/traefik/v3)
      stamp github.com/traefik/traefik/v3/pkg/version.Version "${traefik#v}"
      ;;
  esac
}

# What a program is built from, in one line.
fingerprint() {
  { cat "tools/$family/go.mod" "tools/$family/go.sum" && echo "$package $tags $ldflags"; } | cksum
}

# Go is looked at once, and only when something is to be built.
needs_go() {
  [ -z "${go:-}" ] || return 0
  needed=$(awk '$1 == "go" { print $2 }' tools/*/go.mod | sort -V | tail -n 1)
  if ! command -v go >/dev/null 2>&1; then
    echo "Go $needed or newer is needed to build $program: there is no go on PATH" >&2
    exit 1
  fi
  go=$(cd / && go env GOVERSION)
  go=${go#go}
  if [ "$(printf '%s\n' "$needed" "$go" | sort -V | head -n 1)" != "$needed" ]; then
    echo "Go $needed or newer is needed to build $program: this is Go $go" >&2
    exit 1
  fi
}

build() {
  needs_go
  printf 'Building %s … ' "$program"
  start=$(date +%s)
  mkdir -p "$BIN" "$STAMPS"
  rm -f "$STAMPS/$program"
  if ! (cd "tools/$family" && go build -trimpath -tags "$tags" -ldflags "$ldflags" -o "$BIN/.$program" "$package") >"$LOG" 2>&1; then
    echo 'failed:'
    grep -v '^go: downloading ' "$LOG" >&2
    exit 1
  fi
  mv -f "$BIN/.$program" "$BIN/$program"
  fingerprint >"$STAMPS/$program"
  echo "$(($(date +%s) - start)) s"
}

export GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS='-mod=readonly -buildvcs=false'
families=$(echo "$TOOLS" | awk '{ print $2 }' | sort -u | tr '\n' ' ')
wanted=${*:-$families}
for family in $wanted; do
  case " $families" in *" $family "*) ;; *) echo "'$family' is none of: $families" >&2; exit 64 ;; esac
done
while read -r program family package; do
  case " $wanted " in *" $family "*) ;; *) continue ;; esac
  flags
  [ -x "$BIN/$program" ] && [ "$(fingerprint)" = "$(cat "$STAMPS/$program" 2>/dev/null)" ] || build
done <<END
$TOOLS
END
echo "Ready in .cache/tools/bin"
