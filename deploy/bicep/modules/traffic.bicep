// One name for all regions: a client gets the address of the nearest that answers on the listener's port.

@description('The name, and the first label of the DNS name.')
param name string

param listenerPort int

@description('The public addresses of the regions.')
param ingressIds string[]

resource profile 'Microsoft.Network/trafficManagerProfiles@2022-04-01' = {
  name: name
  location: 'global'
  properties: {
    trafficRoutingMethod: 'Performance'
    dnsConfig: { relativeName: '${name}-${uniqueString(resourceGroup().id)}', ttl: 30 }
    monitorConfig: {
      protocol: 'TCP'
      port: listenerPort
      intervalInSeconds: 10
      timeoutInSeconds: 5
      toleratedNumberOfFailures: 2
    }
    endpoints: [
      for ingressId in ingressIds: {
        name: last(split(ingressId, '/'))
        type: 'Microsoft.Network/trafficManagerProfiles/azureEndpoints'
        properties: { targetResourceId: ingressId, endpointStatus: 'Enabled' }
      }
    ]
  }
}

output fqdn string = profile.properties.dnsConfig.fqdn
