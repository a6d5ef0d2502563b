{{/* Name of the release's objects, short enough for the longest suffix. */}}
{{- define "sluice.fullname" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) -}}
{{- trunc 45 $name | trimSuffix "-" -}}
{{- end -}}

{{- define "sluice.selector" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/*
Labels of an object or a pod: (dict "at" $ "component" ROLE "labels" FURTHER), the last two optional. Those that selectors
ask for cannot be replaced.
*/}}
{{- define "sluice.labels" -}}
{{- $labels := include "sluice.selector" .at | fromYaml -}}
{{- $_ := set $labels "app.kubernetes.io/version" .at.Chart.AppVersion -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .at.Release.Service -}}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" .at.Chart.Name .at.Chart.Version) -}}
{{- with .component }}{{- $_ := set $labels "app.kubernetes.io/component" . }}{{- end -}}
{{- toYaml (merge $labels (default dict .labels) .at.Values.commonLabels) -}}
{{- end -}}

{{/* Metadata of an object: (dict "at" $ "name" NAME "component" ROLE "labels" FURTHER "annotations" FURTHER). */}}
{{- define "sluice.metadata" -}}
name: {{ .name }}
namespace: {{ .at.Release.Namespace }}
labels:
  {{- include "sluice.labels" . | nindent 2 }}
{{- with merge (dict) (default dict .annotations) .at.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "sluice.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sluice.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Ports of gRPC; the datanode has no server. */}}
{{- define "sluice.ports" -}}
proxy: 19530
rootcoord: 53100
datacoord: 13333
querynode: 21123
{{- end -}}

{{- define "sluice.etcdEndpoints" -}}
{{- if .Values.etcd.inChart.enabled -}}
{{- list (printf "http://%s-etcd:2379" (include "sluice.fullname" .)) | toJson -}}
{{- else -}}
{{- required "etcd.endpoints: name an etcd, or set etcd.inChart.enabled" (and .Values.etcd.endpoints (.Values.etcd.endpoints | toJson)) -}}
{{- end -}}
{{- end -}}

{{- define "sluice.redisUrl" -}}
{{- if .Values.redis.inChart.enabled -}}
{{- printf "redis://%s-redis:6379" (include "sluice.fullname" .) -}}
{{- else if not .Values.redis.existingSecret -}}
{{- required "redis.url: name a Redis, or set redis.existingSecret or redis.inChart.enabled" .Values.redis.url -}}
{{- end -}}
{{- end -}}

{{- define "sluice.s3Endpoint" -}}
{{- if .Values.s3.inChart.enabled -}}
{{- printf "http://%s-s3:8333" (include "sluice.fullname" .) -}}
{{- else -}}
{{- required "s3.endpoint: name an S3 service, or set s3.inChart.enabled" .Values.s3.endpoint -}}
{{- end -}}
{{- end -}}

{{- define "sluice.s3Secret" -}}
{{- if .Values.s3.existingSecret -}}
{{- .Values.s3.existingSecret -}}
{{- else if .Values.s3.inChart.enabled -}}
{{- include "sluice.fullname" . -}}-s3
{{- end -}}
{{- end -}}

{{/* The Secret that the services know each other by. */}}
{{- define "sluice.internalSecret" -}}
{{- default (printf "%s-internal" (include "sluice.fullname" .)) .Values.internal.existingSecret -}}
{{- end -}}

{{/*
Secrets with certificates that a role mounts: a list of name and secret. Below /etc/sluice/NAME lie ca.crt, and tls.crt and
tls.key where the Secret has them.
*/}}
{{- define "sluice.tls" -}}
{{- $list := list -}}
{{- with .at.Values.internal.tlsSecret }}{{- $list = append $list (dict "name" "internal-tls" "secret" .) }}{{- end -}}
{{- with .at.Values.etcd.tlsSecret }}{{- $list = append $list (dict "name" "etcd-tls" "secret" .) }}{{- end -}}
{{- if has .role (list "datacoord" "datanode") -}}
{{- with .at.Values.redis.tlsSecret }}{{- $list = append $list (dict "name" "redis-tls" "secret" .) }}{{- end -}}
{{- end -}}
{{- with .at.Values.s3.tlsSecret }}{{- $list = append $list (dict "name" "s3-tls" "secret" .) }}{{- end -}}
{{- if eq .role "proxy" -}}
{{- with .at.Values.proxy.tlsSecret }}{{- $list = append $list (dict "name" "tls" "secret" .) }}{{- end -}}
{{- end -}}
{{- toJson $list -}}
{{- end -}}

{{/*
The settings file of a role: (dict "at" $ "role" ROLE). What the chart knows, then the settings of all, then the role's own;
each process passes over the keys of the others.
*/}}
{{- define "sluice.settings" -}}
{{- $values := .at.Values -}}
{{- $own := dict
  "etcd" (include "sluice.etcdEndpoints" .at | fromJsonArray)
  "etcd-prefix" $values.etcd.prefix
  "s3" (include "sluice.s3Endpoint" .at)
  "s3-bucket" $values.s3.bucket
  "s3-prefix" $values.s3.prefix
  "s3-region" $values.s3.region
  "s3-path-style" $values.s3.pathStyle
  "s3-checksums" $values.s3.checksums
  "drain-limit" (printf "%ds" (int $values.datanode.drainSeconds)) -}}
{{- with include "sluice.redisUrl" .at }}{{- $_ := set $own "redis" . }}{{- end -}}
{{- with $values.s3.importBucket }}{{- $_ := set $own "import-bucket" . }}{{- end -}}
{{- with $values.s3.sources }}{{- $_ := set $own "source" . }}{{- end -}}
{{- with $values.monitoring.otlpEndpoint }}{{- $_ := set $own "otlp-endpoint" . }}{{- end -}}
{{- range include "sluice.tls" . | fromJsonArray }}
{{- if eq .name "tls" }}
{{- $_ := set $own "tls-cert" "/etc/sluice/tls/tls.crt" -}}
{{- $_ := set $own "tls-key" "/etc/sluice/tls/tls.key" -}}
{{- else if eq .name "internal-tls" }}
{{- $_ := set $own "internal-tls-cert" "/etc/sluice/internal-tls/tls.crt" -}}
{{- $_ := set $own "internal-tls-key" "/etc/sluice/internal-tls/tls.key" -}}
{{- $_ := set $own "internal-tls-ca" "/etc/sluice/internal-tls/ca.crt" -}}
{{- else }}
{{- $_ := set $own (replace "-tls" "-ca" .name) (printf "/etc/sluice/%s/ca.crt" .name) -}}
{{- end }}
{{- end -}}
{{- if and $values.etcd.tlsSecret $values.etcd.clientCertificate }}
{{- $_ := set $own "etcd-cert" "/etc/sluice/etcd-tls/tls.crt" -}}
{{- $_ := set $own "etcd-key" "/etc/sluice/etcd-tls/tls.key" -}}
{{- end -}}
{{- toYaml (mustMergeOverwrite $own $values.settings (index $values .role).settings) -}}
{{- end -}}

{{/*
What `pod` says of a role's pods, with what the role's own `pod` adds to it: (dict "at" $ "role" ROLE). Lists are appended,
maps laid over each other, texts replaced.
*/}}
{{- define "sluice.pod" -}}
{{- $pod := deepCopy .at.Values.pod -}}
{{- range $key, $value := (index .at.Values .role).pod -}}
{{- $before := get $pod $key -}}
{{- if and (kindIs "slice" $value) $before -}}
{{- $_ := set $pod $key (concat $before $value) -}}
{{- else if and (kindIs "map" $value) $before -}}
{{- range $name, $item := $value }}{{- $_ := set $before $name $item }}{{- end -}}
{{- else -}}
{{- $_ := set $pod $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $pod -}}
{{- end -}}

{{/* Where a pod may run, as its `pod` says: fields of a pod's spec. */}}
{{- define "sluice.scheduling" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What series of this release carry: the monitors set it, alerts and the autoscaler select by it. */}}
{{- define "sluice.series" -}}
namespace="{{ .Release.Namespace }}",release="{{ .Release.Name }}"
{{- end -}}

{{/* The spec of a pod of a server that the chart brings, but for its containers and volumes. */}}
{{- define "sluice.inChartPod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.pod.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- include "sluice.scheduling" .Values.pod }}
{{- end -}}
