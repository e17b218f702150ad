// A key vault a region, so that the loss of one takes no other's certificates with it.

@description('The name of the vault, 3 to 24 letters, digits and dashes.')
@minLength(3)
@maxLength(24)
param vault string

param location string

@description('The object ids of the identities that read certificates.')
param readerIds string[]

@description('The group that puts certificates in.')
param operatorsGroupId string

@description('Where they work; empty means that the vault is reached from within the network alone.')
param operatorRanges string[]

@description('Where the record of every access goes.')
param logsId string

var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var keyVaultAdministrator = '00482a5a-887f-4fb3-b363-3b7fe8e74483'

resource keyVault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: vault
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: empty(operatorRanges) ? 'Disabled' : 'Enabled'
    networkAcls: { bypass: 'None', defaultAction: 'Deny', ipRules: map(operatorRanges, range => { value: range }) }
  }
}

resource readers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for readerId in readerIds: {
    name: guid(keyVault.id, readerId, keyVaultSecretsUser)
    scope: keyVault
    properties: {
      principalId: readerId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
    }
  }
]

resource operators 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(keyVault.id, operatorsGroupId, keyVaultAdministrator)
  scope: keyVault
  properties: {
    principalId: operatorsGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultAdministrator)
  }
}

resource record 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'record'
  scope: keyVault
  properties: {
    workspaceId: logsId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

output id string = keyVault.id
output name string = keyVault.name
