//! The description of the STS, which programs make their stubs from.

use crate::harness::{House, Plan, Request};

on_both! {
    fn the_description_names_what_is_served_and_where(place) {
        let house = House::open(place);
        for path in ["/sts/STSService", "/sts/STSService/", "/STS/STSService/VSPHERE.local", "/sts/system-STSService/sdk"] {
            for query in ["wsdl", "WSDL"] {
                let answer = house.send(&Request::get(&format!("{path}?{query}")).header("Host", "vc.lab:444"));
                assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/xml;charset=utf-8")), "{path}");
                assert!(answer.body.contains("<soap:address location=\"https://vc.lab:444/sts/STSService/vsphere.local\"/>"));
                for action in ["RST/Issue", "RST/Renew", "RST/Validate", "RST/Cancel", "RSTR/Issue"] {
                    assert!(answer.body.contains(&format!("ws-trust/200512/{action}\"")), "{action}");
                }
            }
        }
        assert_eq!(house.send(&Request::get("/sts/STSService/other?wsdl")).status, 404);
        for other in ["/sts/STSService", "/sts/STSService?xsd=1", "/sts/system-STSService/sdk"] {
            let answer = house.send(&Request::get(other));
            assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST")), "{other}");
        }
        drop(house);
        let house = House::built(place, Plan::with(|policies| policies.token.cancel = false));
        let answer = house.send(&Request::get("/sts/STSService?wsdl"));
        assert!(answer.body.contains("RST/Validate\"") && !answer.body.contains("RST/Cancel\""));
    }
}
