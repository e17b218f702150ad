// A private zone for names of Azure's services, for one network. Each region has its own: both have an endpoint for the policy store,
// and each is to find its own under the one name.

@description('The zone, such as privatelink.vaultcore.azure.net.')
param zone string

param virtualNetworkId string

resource privateZone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zone
  location: 'global'

  resource link 'virtualNetworkLinks' = {
    name: 'network'
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: virtualNetworkId }
    }
  }
}

output zoneId string = privateZone.id
