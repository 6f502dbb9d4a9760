{{/* Names are fixed, so that two releases that would serve the same namespaces refuse each other: both would edit. */}}
{{- define "labels" -}}
app.kubernetes.io/part-of: arcgis-operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "selector" -}}
app.kubernetes.io/name: arcgis-operator
app.kubernetes.io/component: operator
{{- end }}

{{- define "image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest }}{{ $image.repository }}@{{ $image.digest }}
{{- else }}{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* What the operator does with the kinds, where it serves: a ClusterRole, or a Role in each namespace. */}}
{{- define "rules" -}}
- apiGroups: [arcgis-operator.dev]
  resources: [arcgisservices, arcgissites]
  verbs: [get, list, watch]
- apiGroups: [arcgis-operator.dev]
  resources: [arcgisservices/status, arcgissites/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end }}

{{/* A list of ports as rules of a network policy: (dict "ports" … "protocols" …) */}}
{{- define "ports" -}}
{{- range $port := .ports }}
{{- range $protocol := $.protocols }}
- {protocol: {{ $protocol }}, port: {{ $port }}}
{{- end }}
{{- end }}
{{- end }}
