// The names under which edges of a region find the listeners of the others, in all regions' networks.

import { passed } from '../types.bicep'

@description('The zone: certificates of these listeners are for edge.REGION in it.')
param zone string

param sites passed[]

resource privateZone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zone
  location: 'global'
}

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for site in sites: {
    parent: privateZone
    name: site.location
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: site.virtualNetworkId }
    }
  }
]

resource listeners 'Microsoft.Network/privateDnsZones/A@2024-06-01' = [
  for site in sites: {
    parent: privateZone
    name: 'edge.${site.location}'
    properties: {
      ttl: 30
      aRecords: [{ ipv4Address: site.address }]
    }
  }
]
