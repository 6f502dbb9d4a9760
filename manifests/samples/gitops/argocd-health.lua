-- argocd-cm: resource.customizations.health.arcgis-operator.dev_ArcGISService, and the same for …_ArcGISSite.
-- The generation is looked at first: an old failure must not fail the new commit.
local health = {status = "Progressing", message = "Waiting for the operator"}
local status = obj.status
if status == nil or status.observedGeneration ~= obj.metadata.generation then
  return health
end
for _, condition in ipairs(status.conditions or {}) do
  local said = condition.reason .. ": " .. condition.message
  if condition.type == "Stalled" and condition.status == "True" then
    return {status = "Degraded", message = said}
  end
  if condition.type == "Ready" then
    health.message = said
    if condition.status == "True" then
      health.status = "Healthy"
    elseif condition.reason == "Suspended" or condition.reason == "Observing"
        or condition.reason == "AwaitingApproval" or condition.reason == "OutsideWindow" then
      health.status = "Suspended"
    elseif condition.reason == "DriftReported" then
      health.status = "Degraded"
    end
  end
end
return health
