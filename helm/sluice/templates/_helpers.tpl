{{/* Name of the release's objects, short enough for the longest suffix. */}}
{{- define "sluice.fullname" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) -}}
{{- trunc 45 $name | trimSuffix "-" -}}
{{- end -}}

{{- define "sluice.selector" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sluice.labels" -}}
{{ include "sluice.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
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
{{- if .Values.s3.inChart.enabled -}}{{ include "sluice.fullname" . }}-s3{{- else -}}{{ .Values.s3.existingSecret }}{{- end -}}
{{- end -}}

{{/* The settings file of all services; each passes over the keys of the others. */}}
{{- define "sluice.settings" -}}
{{- $own := dict
  "etcd" (include "sluice.etcdEndpoints" . | fromJsonArray)
  "etcd-prefix" .Values.etcd.prefix
  "s3" (include "sluice.s3Endpoint" .)
  "s3-bucket" .Values.s3.bucket
  "s3-prefix" .Values.s3.prefix
  "s3-region" .Values.s3.region
  "s3-path-style" .Values.s3.pathStyle
  "s3-checksums" .Values.s3.checksums
  "drain-limit" (printf "%ds" (int .Values.datanode.drainSeconds)) -}}
{{- with include "sluice.redisUrl" . }}{{- $_ := set $own "redis" . }}{{- end -}}
{{- with .Values.s3.importBucket }}{{- $_ := set $own "import-bucket" . }}{{- end -}}
{{- with .Values.s3.sources }}{{- $_ := set $own "source" . }}{{- end -}}
{{- with .Values.monitoring.otlpEndpoint }}{{- $_ := set $own "otlp-endpoint" . }}{{- end -}}
{{- if .Values.etcd.tlsSecret }}
{{- $_ := set $own "etcd-ca" "/etc/sluice/etcd-tls/ca.crt" -}}
{{- if .Values.etcd.clientCertificate }}
{{- $_ := set $own "etcd-cert" "/etc/sluice/etcd-tls/tls.crt" -}}
{{- $_ := set $own "etcd-key" "/etc/sluice/etcd-tls/tls.key" -}}
{{- end -}}
{{- end -}}
{{- if .Values.redis.tlsSecret }}
{{- $_ := set $own "redis-ca" "/etc/sluice/redis-tls/ca.crt" -}}
{{- end -}}
{{- toYaml (mustMergeOverwrite $own (deepCopy .Values.settings)) -}}
{{- end -}}

{{- define "sluice.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "sluice.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}
