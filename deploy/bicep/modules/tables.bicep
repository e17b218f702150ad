// A storage account for tables: no keys, no public network. The silos make the tables themselves.

@description('The name of the account, 3 to 24 lower-case letters and digits.')
@minLength(3)
@maxLength(24)
param account string

param location string

@description('Standard_GZRS for what must outlive a region, Standard_ZRS for what belongs to one.')
@allowed(['Standard_GZRS', 'Standard_RAGZRS', 'Standard_ZRS'])
param redundancy string

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: account
  location: location
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: 'Disabled'
    supportsHttpsTrafficOnly: true
    networkAcls: { bypass: 'None', defaultAction: 'Deny' }
  }
}

output id string = storage.id
output name string = storage.name
output serviceUri string = storage.properties.primaryEndpoints.table
