import { clusterTool } from "./cluster-tools.ts";

export interface ClusterPorts {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly api: number;
}

export interface ClusterFiles {
  readonly etcdData: string;
  /** Folder in which the API server makes its certificate. */
  readonly certificates: string;
  readonly tokens: string;
  readonly serviceAccountKey: string;
  readonly adminKubeconfig: string;
}

export const CERTIFICATE = "apiserver.crt";

export const etcdUrl = ({ etcd }: Pick<ClusterPorts, "etcd">): string => `http://127.0.0.1:${etcd}`;

export const etcdCommand = (ports: ClusterPorts, files: ClusterFiles): string[] => {
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    clusterTool("etcd"),
    `--data-dir=${files.etcdData}`,
    `--listen-client-urls=${etcdUrl(ports)}`,
    `--advertise-client-urls=${etcdUrl(ports)}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // The data lives as long as the test.
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
};

/** `goneAfter`: seconds for which pods stay on a node that does not answer. */
export const apiServerCommand = (ports: ClusterPorts, files: ClusterFiles, goneAfter: number): string[] => [
  clusterTool("kube-apiserver"),
  `--etcd-servers=${etcdUrl(ports)}`,
  "--bind-address=127.0.0.1",
  "--advertise-address=127.0.0.1",
  `--secure-port=${ports.api}`,
  `--cert-dir=${files.certificates}`,
  "--service-cluster-ip-range=10.0.0.0/24",
  "--endpoint-reconciler-type=none",
  "--authorization-mode=RBAC",
  `--token-auth-file=${files.tokens}`,
  "--service-account-issuer=https://kubernetes.default.svc",
  `--service-account-key-file=${files.serviceAccountKey}`,
  `--service-account-signing-key-file=${files.serviceAccountKey}`,
  `--default-unreachable-toleration-seconds=${goneAfter}`,
  `--default-not-ready-toleration-seconds=${goneAfter}`,
];

/** `silenceSeconds`: how long a node may be silent before it counts as unreachable. */
export const controllerManagerCommand = (files: ClusterFiles, silenceSeconds: number): string[] => [
  clusterTool("kube-controller-manager"),
  `--kubeconfig=${files.adminKubeconfig}`,
  `--service-account-private-key-file=${files.serviceAccountKey}`,
  `--root-ca-file=${files.certificates}/${CERTIFICATE}`,
  // Nothing attaches volumes to the nodes of a test, and nothing gives them addresses.
  "--controllers=*,-persistentvolume-attach-detach-controller,-node-ipam-controller,-node-route-controller",
  "--node-monitor-period=1s",
  `--node-monitor-grace-period=${silenceSeconds}s`,
  "--pvclaimbinder-sync-period=1s",
  "--leader-elect=false",
  "--secure-port=0",
  "--kube-api-qps=1000",
  "--kube-api-burst=2000",
];

export const schedulerCommand = (files: ClusterFiles): string[] => [
  clusterTool("kube-scheduler"),
  `--kubeconfig=${files.adminKubeconfig}`,
  "--leader-elect=false",
  "--secure-port=0",
  "--kube-api-qps=1000",
  "--kube-api-burst=2000",
];
